use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A signal that is given once, to all connections.
///
/// A connection waits for it beside everything else that it does, and so checks it at every wake-up. Here that costs one load; a
/// [`CancellationToken`] would take a lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop {
    is_given: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Stop {
    pub(super) fn give(&self) {
        // In this order, so that whoever is woken finds it given.
        self.is_given.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Waits for it, always in the same task: the one that polls it first is the one that is woken.
    pub(super) fn given(&self) -> Given {
        Given {
            flag: Arc::clone(&self.is_given),
            waiting: Box::pin(self.token.clone().cancelled_owned()),
            asked: false,
        }
    }
}

/// Waits for a [`Stop`].
pub(super) struct Given {
    flag: Arc<AtomicBool>,
    waiting: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Whether the token has been polled, and so knows whom to wake.
    asked: bool,
}

impl Future for Given {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.asked && !self.flag.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        self.asked = true;
        self.waiting.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_wait_are_woken() {
        let stop = Stop::default();
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let mut given = stop.given();
            waiting.push(tokio::spawn(async move {
                tokio::select! {
                    () = &mut given => panic!("nothing was given yet"),
                    () = tokio::task::yield_now() => {}
                }
                given.await;
            }));
        }
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        stop.give();
        for one in waiting {
            one.await.unwrap();
        }
        stop.given().await;
    }
}
