//! Users' code may panic anywhere, also in `drop`; none of it may reach our accounting.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tracing::Span;

pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs users' code; what it leaves behind after a panic is never looked at again, hence the assertion.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(code))
}

/// Runs or drops something of the user's that has no one to report a panic to, except the log.
pub(crate) fn quietly(what: &'static str, code: impl FnOnce()) {
    if let Err(payload) = catch(code) {
        tracing::error!(panic = %message(payload), "{what} panicked");
    }
}

/// The words of a panic.
pub fn message(payload: Payload) -> String {
    let payload = match payload.downcast::<String>() {
        Ok(text) => return *text,
        Err(payload) => payload,
    };
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        return (*text).to_owned();
    }
    // A payload may panic when it is dropped; one that is neither text nor trusted is leaked instead.
    std::mem::forget(payload);
    "a panic without a message".to_owned()
}

/// A future whose panics, while it is polled or dropped, are a result.
pub(crate) struct Caught<'a, R> {
    /// None once it is ready.
    future: Option<Pin<Box<dyn Future<Output = R> + Send>>>,
    span: &'a Span,
}

impl<'a, R> Caught<'a, R> {
    pub(crate) fn new(future: Pin<Box<dyn Future<Output = R> + Send>>, span: &'a Span) -> Self {
        Self { future: Some(future), span }
    }
}

impl<R> Future for Caught<'_, R> {
    type Output = Result<R, Payload>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let _entered = (!this.span.is_disabled()).then(|| this.span.enter());
        let polled = catch(|| {
            let future = this.future.as_mut().expect("a future is not polled after it was ready");
            let polled = future.as_mut().poll(cx);
            if polled.is_ready() {
                this.future = None;
            }
            polled
        });
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}

impl<R> Drop for Caught<'_, R> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            quietly("a future that was dropped", || drop(future));
        }
    }
}
