//! Replies that break off: a part of them was sent when their body failed.

use std::fmt;
use std::sync::Arc;

use axum_core::BoxError;
use http_body_util::Either;
use parking_lot::Mutex;

use super::Content;
use crate::dependency::Outcome;
use crate::response::{Failure, HttpError, RaisedError};
use crate::server::Link;
use crate::tasks::with_causes;

/// For a reply that may break off: which route's it is, and how the request has ended in that case.
pub(crate) struct Breakable {
    pub(super) route: Arc<str>,
    /// `None` under another server.
    link: Option<Link>,
    broke: Mutex<Option<Outcome>>,
}

impl Breakable {
    /// `None` if all of the content is there already.
    #[inline]
    pub(crate) fn of(
        content: &Content,
        of_request: impl FnOnce() -> (Arc<str>, Option<Link>),
    ) -> Option<Arc<Self>> {
        matches!(content, Either::Right(_)).then(|| {
            let (route, link) = of_request();
            Arc::new(Self { route, link, broke: Mutex::default() })
        })
    }

    pub(super) fn broke_off(&self, outcome: Outcome) {
        *self.broke.lock() = Some(outcome);
    }

    /// How the request has ended, if its reply broke off.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.broke.lock().take()
    }
}

/// A reply that may break off, until all of it is there.
pub(super) struct Unended(pub(super) Arc<Breakable>);

impl Drop for Unended {
    fn drop(&mut self) {
        if let Some(link) = &self.0.link {
            link.log_if_cut_off(&self.0.route);
            link.reply_is_there();
        }
    }
}

/// How a body has failed.
pub(super) struct Broken {
    /// For the log. It is made early, where a panic of the error's own code is caught.
    pub(super) text: String,
    /// For the exits of the request.
    pub(super) failure: Failure,
    /// For the layers and the server.
    pub(super) error: axum_core::Error,
}

impl Broken {
    #[cold]
    pub(super) fn of_error(error: axum_core::Error) -> Self {
        let error = BrokenReply(unwrapped(error.into_inner()));
        let text = with_causes(&error);
        let error = HttpError::from(error);
        let failure = error.clone().raise();
        Self { text, failure, error: axum_core::Error::new(BrokeOff(error)) }
    }

    #[cold]
    pub(super) fn of_panic(failure: Failure) -> Self {
        let text = failure.to_string();
        Self { error: axum_core::Error::new(text.clone()), text, failure }
    }
}

/// The error without axum's wrappers, which add nothing.
fn unwrapped(error: BoxError) -> BoxError {
    match error.downcast::<axum_core::Error>() {
        Ok(around) => unwrapped(around.into_inner()),
        Err(error) => error,
    }
}

/// The error of a stream that was the body of a reply, as exits of request scope see it: the reply has broken off.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::BrokenReply;
///
/// async fn close(session: &u32, outcome: &Outcome) {
///     if let Some(BrokenReply(error)) = outcome.error() {
///         eprintln!("of the reply of session {session} a part was sent: {error}");
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BrokenReply(pub BoxError);

/// What the layers and the server are told: the stream's own error is its source.
#[derive(Debug)]
struct BrokeOff(HttpError);

impl fmt::Display for BrokeOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source_as::<BrokenReply>() {
            Some(error) => f.write_str(&with_causes(error)),
            None => f.write_str("a reply broke off"),
        }
    }
}

impl std::error::Error for BrokeOff {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let BrokenReply(error) = self.0.source_as::<BrokenReply>()?;
        Some(&**error)
    }
}
