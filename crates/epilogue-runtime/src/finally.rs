//! What follows a batch's tasks.

use std::{
    fmt,
    future::poll_fn,
    mem,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;

use crate::{BatchReport, Origin, panics};

/// A function to run when the tasks have ended. If its batch is cut off, it continues elsewhere from where it was.
pub(crate) struct Finally(Stage);

enum Stage {
    Waits(Box<dyn FnOnce(BatchReport) -> BoxFuture<'static, ()> + Send>),
    Runs(BoxFuture<'static, ()>),
    Ended,
}

impl Finally {
    pub(crate) fn new<F, Fut>(exits: F) -> Self
    where
        F: FnOnce(BatchReport) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Stage::Waits(Box::new(|report| Box::pin(exits(report)))))
    }

    pub(crate) async fn run(&mut self, origin: &Origin, report: &BatchReport) {
        let ended = poll_fn(|cx| match panics::catch(|| self.poll(report, cx)) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        });
        if let Err(payload) = ended.await {
            let panic = panics::message(payload);
            tracing::error!(
                target: "epilogue::task",
                request = %origin, panic,
                "what follows the request's tasks panicked"
            );
        }
    }

    fn poll(&mut self, report: &BatchReport, cx: &mut Context<'_>) -> Poll<()> {
        if let Stage::Waits(_) = self.0
            && let Stage::Waits(exits) = mem::replace(&mut self.0, Stage::Ended)
        {
            self.0 = Stage::Runs(exits(report.clone()));
        }
        match &mut self.0 {
            Stage::Runs(future) => future.as_mut().poll(cx),
            Stage::Waits(_) | Stage::Ended => Poll::Ready(()),
        }
    }
}

impl Drop for Finally {
    fn drop(&mut self) {
        let left = mem::replace(&mut self.0, Stage::Ended);
        panics::quietly("what follows a request's tasks and was dropped", || drop(left));
    }
}

impl fmt::Debug for Finally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finally")
    }
}

/// Runs all of them, in order, when the batch can no longer do it itself.
pub(crate) async fn run_all(finally: Vec<Finally>, origin: Origin, report: BatchReport) {
    for mut exits in finally {
        exits.run(&origin, &report).await;
    }
}
