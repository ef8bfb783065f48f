//! The errors of the application, and the names that the suite has for them.

use epilogue::prelude::*;
use serde_json::{Value, json};

use crate::run::Run;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Meltdown(pub(crate) &'static str);

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct OwnerMismatch(pub(crate) String);

/// The error that the app has a reply of its own for: [`teapot`].
#[derive(Debug, thiserror::Error)]
#[error("short and stout")]
pub(crate) struct Teapot;

/// The app's reply to a [`Teapot`], with a task of its own.
pub(crate) fn teapot(run: Run) -> (StatusCode, Background, Json<Value>) {
    let task = Background::task(async move || run.say("task:from-error-handler"), ());
    (StatusCode::IM_A_TEAPOT, task, Json(json!({ "teapot": true })))
}

/// The name of the error that ended a request.
pub(crate) fn error_name(outcome: &Outcome) -> Option<&'static str> {
    if outcome.rejection().is_some() {
        Some("RequestValidationError")
    } else if outcome.error::<Meltdown>().is_some() {
        Some("Meltdown")
    } else if outcome.error::<OwnerMismatch>().is_some() {
        Some("OwnerMismatch")
    } else if outcome.error::<Teapot>().is_some() {
        Some("Teapot")
    } else {
        // An `HttpError` made from one of the others was recognised by its source, above.
        outcome.error::<HttpError>().map(|_| "HTTPException")
    }
}
