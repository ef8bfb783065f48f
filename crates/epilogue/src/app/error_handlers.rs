use std::any::{Any, TypeId};
use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::param::RequestParts;
use crate::rejection::Rejection;
use crate::response::{Failure, HttpError, Panicked, internal_server_error, logged_for, written};
use crate::scope::{Scope, caught_now, drop_caught};

type ErrorHandler = Arc<dyn Fn(&dyn Any, RequestParts) -> Response + Send + Sync>;

/// What a handler of errors returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply, which a handler of errors returns",
    label = "not a reply",
    note = "write `Json<…>`, a text or a `(StatusCode, …)`, as a path function does; a handler is not async"
)]
#[doc(hidden)]
pub trait HandlerReply {
    fn into_reply(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> HandlerReply for T {
    fn into_reply(self) -> Response {
        self.into_response()
    }
}

/// The app's own replies to errors, by the error's type: FastAPI's exception handlers.
#[derive(Clone, Default)]
pub(crate) struct ErrorHandlers(Vec<(TypeId, ErrorHandler)>);

impl ErrorHandlers {
    /// Of several handlers of one type, the one that was added last counts.
    pub(crate) fn add<E: Any, R: HandlerReply>(
        &mut self,
        handler: impl Fn(&E, RequestParts) -> R + Send + Sync + 'static,
    ) {
        let erased: ErrorHandler = Arc::new(move |error, parts| match error.downcast_ref::<E>() {
            Some(error) => handler(error, parts).into_reply(),
            None => unreachable!(
                "an error handler was given an error of another type, which is a bug in epilogue"
            ),
        });
        self.0.insert(0, (TypeId::of::<E>(), erased));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn handle(&self, failure: &Failure, scope: &mut Scope) -> Option<Response> {
        if self.is_empty() {
            return None;
        }
        let (error, handler) = match failure {
            Failure::Rejected(rejection) => {
                let handler = self.of(TypeId::of::<Rejection>())?;
                (rejection as &dyn Any, handler)
            }
            Failure::Raised(raised) => self.of_error(raised.as_any())?,
            Failure::Panicked(panic) => (panic as &dyn Any, self.of(TypeId::of::<Panicked>())?),
        };
        // Such a handler answers whatever an `HttpError` was made from, and most look at its status alone.
        let told = error.downcast_ref::<HttpError>();
        if let Some(error) = told {
            error.log_source(Some(scope.route_name()));
        }
        let parts = RequestParts::shared(scope.share_parts());
        Some(logged_for(scope.route_name(), told, || handled(handler, error, parts)))
    }

    /// The reply to an error of the app itself, which no route has raised: an unknown path, a wrong method, an overload. If a
    /// handler made the reply, the head of the request comes with it.
    pub(super) fn respond(&self, error: &HttpError, parts: Parts) -> (Response, Option<RequestParts>) {
        if let Some(handler) = self.of(TypeId::of::<HttpError>()) {
            let parts = RequestParts::from(parts);
            (handled(handler, error, parts.clone()), Some(parts))
        } else {
            drop_caught(parts);
            (error.to_response(None), None)
        }
    }

    /// The handler of the error's own type, or of the error that a `?` has made into an [`HttpError`].
    fn of_error<'a>(&'a self, error: &'a dyn Any) -> Option<(&'a dyn Any, &'a ErrorHandler)> {
        let source = error.downcast_ref::<HttpError>().and_then(HttpError::passed_on_any);
        [source, Some(error)].into_iter().flatten().find_map(|error| Some((error, self.of(error.type_id())?)))
    }

    fn of(&self, id: TypeId) -> Option<&ErrorHandler> {
        self.0.iter().find(|(of, _)| *of == id).map(|(_, handler)| handler)
    }
}

/// A handler that panics must not take down what is still owed: the request's exits, and the connection's other requests.
fn handled(handler: &ErrorHandler, error: &dyn Any, parts: RequestParts) -> Response {
    caught_now(|| handler(error, parts)).and_then(written).unwrap_or_else(|failure| {
        tracing::error!(?failure, "an error handler made no reply");
        internal_server_error()
    })
}
