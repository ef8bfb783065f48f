//! The `HttpError` that an error of the user's own type makes its reply of.
//!
//! That happens inside its `into_response`, which does not know for whom the reply is: for a request to some route, or for a line of the
//! log about an exit. Whoever asks for the reply does. So it is given such an `HttpError`, which would otherwise log its source itself.

use std::cell::RefCell;

use super::HttpError;
use crate::scope::drop_each;

thread_local! {
    /// `None` unless somebody asks.
    static ERRORS: RefCell<Option<Vec<HttpError>>> = const { RefCell::new(None) };
}

/// Whoever asked before goes on when this is dropped, also by a panic of the user's. Then nobody else tells of what was handed over.
struct Asking(Option<Vec<HttpError>>);

impl Drop for Asking {
    fn drop(&mut self) {
        let left = ERRORS.replace(self.0.take()).into_iter().flatten();
        drop_each(left.inspect(|error| error.log_source(None)));
    }
}

fn asked<T>(make: impl FnOnce() -> T) -> (T, Vec<HttpError>) {
    let _asking = Asking(ERRORS.replace(Some(Vec::new())));
    let reply = make();
    (reply, ERRORS.take().unwrap_or_default())
}

/// Makes the reply to a request of this route, which the log then names. If it is made of an error that has been `told` there, that is not
/// told again.
pub(crate) fn logged_for<T>(route: &str, told: Option<&HttpError>, make: impl FnOnce() -> T) -> T {
    let (reply, errors) = asked(make);
    for error in &errors {
        if told.is_none_or(|told| !told.shares_source(error)) {
            error.log_source(Some(route));
        }
    }
    drop_each(errors.into_iter());
    reply
}

/// Makes a reply that nobody gets, and returns the reason of the `HttpError` that it was made of.
pub(super) fn with_reason<T>(make: impl FnOnce() -> T) -> (T, Option<String>) {
    let (reply, errors) = asked(make);
    let reason = errors.last().map(HttpError::reason);
    drop_each(errors.into_iter());
    (reply, reason)
}

/// Whether somebody has asked, and has the error now.
pub(super) fn hand_over(error: &HttpError) -> bool {
    ERRORS.with_borrow_mut(|errors| errors.as_mut().map(|errors| errors.push(error.clone()))).is_some()
}
