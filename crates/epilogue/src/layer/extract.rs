use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::session::Session;
use crate::dependency::{Dependency, Depends};
use crate::graph::check::check_in_axum;
use crate::graph::fuel::node_of;
use crate::graph::verdict::report;
use crate::rejection::Rejection;
use crate::response::{HttpError, RaisedError};
use crate::tasks::RequestTasks;

/// Why an axum handler does not get a dependency's output: a [`Rejection`], to which it dereferences.
///
/// As a reply it is the dependency's error, or `422` with the list of invalid values. Then the request has failed:
/// its tasks are dropped, and exits are told. The same holds for an [`HttpError`] that a `?` has made of it. A
/// handler that takes `Result<Depends<D>, DependsRejection>` may reply with something better.
///
/// ```
/// use epilogue::{App, Depends, DependsRejection, EpilogueLayer, Header, dependency};
///
/// #[dependency]
/// fn user(x_user: Header<String>) -> String {
///     x_user.into_inner()
/// }
///
/// async fn hello(user: Result<Depends<user>, DependsRejection>) -> String {
///     match user {
///         Ok(user) => format!("hello {}", *user),
///         Err(rejection) => format!("hello stranger: {} values are missing", rejection.errors().len()),
///     }
/// }
///
/// let router = axum::Router::new().route("/", axum::routing::get(hello)).layer(EpilogueLayer::new(App::new()));
/// # let _: axum::Router = router;
/// ```
#[derive(Clone)]
pub struct DependsRejection(Rejection);

impl DependsRejection {
    /// The rejection itself, which as a reply does not count as the request's failure.
    pub fn into_inner(self) -> Rejection {
        self.0
    }
}

impl Deref for DependsRejection {
    type Target = Rejection;

    fn deref(&self) -> &Rejection {
        &self.0
    }
}

impl fmt::Display for DependsRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DependsRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for DependsRejection {}

/// Travels in the extensions of a placeholder reply, which stands for that of a failed dependency. The layer makes the real reply
/// from it: exits see the error first, and the app's error handlers may answer it.
#[derive(Clone)]
pub(super) struct Failed(pub(super) Rejection);

impl IntoResponse for DependsRejection {
    fn into_response(self) -> Response {
        let mut announced = self.0.status().into_response();
        announced.extensions_mut().insert(Failed(self.0));
        announced
    }
}

/// Where no dependency can be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum Misplaced {
    #[error(
        "a handler takes `Depends`, but no `EpilogueLayer` is around it: axum's `layer` covers the routes that were added before it"
    )]
    NoLayer,
    #[error("a dependency was asked for after the request's reply was made")]
    AfterReply,
}

/// A failure of the program, not of the request: replies 500, and the reason is logged.
pub(super) fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Rejection {
    Rejection::of_failure(HttpError::from(error).raise())
}

/// The result of a dependency for this request. The outer error is the program's, or that of an app that can take no more tasks.
async fn ask<D: Dependency>(parts: &mut Parts) -> Result<Result<Depends<D>, Rejection>, Rejection> {
    const { report(check_in_axum(node_of::<D>())) };
    let Some((hidden, session)) = Hidden::of(parts) else {
        // Without a layer, nothing turns this rejection into a reply and logs it.
        let dependency = const { node_of::<D>().name };
        tracing::error!(dependency, "{}", Misplaced::NoLayer);
        return Err(broken(Misplaced::NoLayer));
    };
    let plan = session.plans().of::<D>().map_err(broken)?;
    Ok(session.ask(&plan, hidden.parts).await?.map(Depends::from_value))
}

/// A request's head while a dependency may keep it: without the session, which would hold itself.
struct Hidden<'p> {
    parts: &'p mut Parts,
    tasks: Option<RequestTasks>,
}

impl<'p> Hidden<'p> {
    fn of(parts: &'p mut Parts) -> Option<(Self, Arc<Session>)> {
        let hidden = Self { tasks: parts.extensions.remove(), parts };
        let session = hidden.tasks.as_ref()?.session()?;
        Some((hidden, session))
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        if let Some(tasks) = self.tasks.take() {
            self.parts.extensions.insert(tasks);
        }
    }
}

/// Works only under an [`EpilogueLayer`](crate::EpilogueLayer).
impl<D: Dependency, S: Send + Sync> FromRequestParts<S> for Depends<D> {
    type Rejection = DependsRejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, DependsRejection> {
        match ask(parts).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(rejection)) | Err(rejection) => Err(DependsRejection(rejection)),
        }
    }
}

/// `None` if the dependency fails.
impl<D: Dependency, S: Send + Sync> OptionalFromRequestParts<S> for Depends<D> {
    type Rejection = DependsRejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, DependsRejection> {
        ask(parts).await.map(Result::ok).map_err(DependsRejection)
    }
}
