use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// A signal that is given once, to all connections and WebSockets.
///
/// A connection waits for it beside everything else that it does, and so asks for it at each of its wake-ups: for the price of
/// a load, where a [`Notify`] would take a lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    is_given: Arc<AtomicBool>,
    all: Arc<Notify>,
}

impl Stop {
    pub(crate) fn give(&self) {
        // In this order: who is woken finds it given.
        self.is_given.store(true, Ordering::Release);
        self.all.notify_waiters();
    }

    pub(crate) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    /// Waits for it, within one and the same task: it is that task which is woken, wherever the future is polled next.
    pub(crate) fn given(&self) -> Given {
        // Whoever begins to wait before the signal is given is woken by it, and whoever begins after finds the flag.
        let waiting = Box::pin(Arc::clone(&self.all).notified_owned());
        Given { flag: Arc::clone(&self.is_given), waiting, asked: false }
    }
}

/// Waits for a [`Stop`].
pub(crate) struct Given {
    flag: Arc<AtomicBool>,
    waiting: Pin<Box<OwnedNotified>>,
    /// Whether it has been polled, and so knows whom to wake.
    asked: bool,
}

impl Future for Given {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.flag.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        if self.asked {
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
