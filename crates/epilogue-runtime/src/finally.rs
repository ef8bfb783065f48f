//! What follows a batch's tasks.

use std::{fmt, pin::Pin};

use tracing::Span;

use crate::{BatchReport, Origin, panics};

type ExitFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A function to be run when the tasks have ended.
pub(crate) struct Finally(Box<dyn FnOnce(BatchReport) -> ExitFuture + Send>);

impl Finally {
    pub(crate) fn new<F, Fut>(exits: F) -> Self
    where
        F: FnOnce(BatchReport) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Box::new(|report| Box::pin(exits(report))))
    }

    pub(crate) async fn run(self, origin: &Origin, report: BatchReport) {
        let result = match panics::catch(|| (self.0)(report)) {
            Ok(future) => panics::Caught::new(future, &Span::none()).await,
            Err(payload) => Err(payload),
        };
        if let Err(payload) = result {
            tracing::error!(
                target: "epilogue::task",
                request = %origin, panic = %panics::message(payload),
                "what follows the request's tasks panicked"
            );
        }
    }
}

impl fmt::Debug for Finally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finally")
    }
}

/// Runs all of them, in order, when the batch itself can no longer do so.
pub(crate) async fn run_all(finally: Vec<Finally>, origin: Origin, report: BatchReport) {
    for exits in finally {
        exits.run(&origin, report.clone()).await;
    }
}
