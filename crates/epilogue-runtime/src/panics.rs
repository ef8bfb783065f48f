//! Users' code may panic anywhere, even in `drop`; no panic may upset our accounting.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tracing::Span;

pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs users' code. Nobody looks again at what it leaves behind after a panic, hence `AssertUnwindSafe`.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(code))
}

/// Runs or drops something of the user's. There is nobody to report its panic to, so it is only logged.
pub(crate) fn quietly(what: &'static str, code: impl FnOnce()) {
    if let Err(payload) = catch(code) {
        let panic = message(payload);
        tracing::error!(target: "epilogue::task", panic, "{what} panicked");
    }
}

/// The message of a panic. Asked for even if nobody reads the log, since it also sees to the payload.
pub fn message(payload: Payload) -> String {
    let payload = match payload.downcast::<String>() {
        Ok(text) => return *text,
        Err(payload) => payload,
    };
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        return (*text).to_owned();
    }
    // A payload may panic when it is dropped, so one that is not a string is leaked.
    std::mem::forget(payload);
    "a panic without a message".to_owned()
}

/// Something of the user's that may panic when it is dropped, but must not stop what comes after it from being dropped.
pub(crate) struct Quiet<T>(Option<T>);

impl<T> Quiet<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self(Some(inner))
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("only `take` empties it, and consumes it")
    }

    pub(crate) fn take(mut self) -> T {
        self.0.take().expect("only `take` empties it, and consumes it")
    }
}

impl<T> Drop for Quiet<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.take() {
            quietly("a task that was dropped", || drop(inner));
        }
    }
}

/// Drops a future in place, if it is still there.
pub(crate) fn drop_future<F>(mut future: Pin<&mut Option<F>>) {
    if future.is_some() {
        quietly("a future that was dropped", || future.set(None));
    }
}

pin_project! {
    /// A future whose panics become an error if it is polled, and are logged if it is dropped.
    pub(crate) struct Caught<'a, F> {
        // None once it is ready.
        #[pin]
        future: Option<F>,
        span: &'a Span,
    }

    impl<F> PinnedDrop for Caught<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            drop_future(this.project().future);
        }
    }
}

impl<'a, F> Caught<'a, F> {
    pub(crate) fn new(future: F, span: &'a Span) -> Self {
        Self { future: Some(future), span }
    }
}

impl<F: Future> Future for Caught<'_, F> {
    type Output = Result<F::Output, Payload>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let _entered = (!this.span.is_disabled()).then(|| this.span.enter());
        let polled = catch(|| {
            let future = this.future.as_mut().as_pin_mut();
            let polled = future.expect("a future is not polled after it was ready").poll(cx);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        });
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}
