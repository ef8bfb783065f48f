//! The tasks of one list, several at a time, in one future.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::task::coop;

use super::{CountedRunning, end::End, one};
use crate::{BatchReport, Origin, Runner, task::Queued};

pub(super) async fn run(
    runner: &Runner,
    origin: &Origin,
    tasks: &mut [Queued],
    at_a_time: usize,
    report: &mut BatchReport,
) {
    let parent = Arc::new(Parent::default());
    let at_a_time = at_a_time.min(tasks.len());
    let mut waiting = tasks.iter_mut();
    let mut slots: Vec<_> = waiting
        .by_ref()
        .take(at_a_time)
        .map(|task| Slot::new(Box::pin(start(runner, origin, task)), &parent))
        .collect();

    while !slots.is_empty() {
        let (at, (task, end, took)) = poll_fn(|cx| {
            parent.set(cx.waker());
            slots
                .iter_mut()
                .enumerate()
                .find_map(|(at, slot)| match slot.poll() {
                    Poll::Ready(output) => Some(Poll::Ready((at, output))),
                    Poll::Pending => None,
                })
                .unwrap_or(Poll::Pending)
        })
        .await;
        end.settle(runner, origin, task, took, report);
        match waiting.next() {
            Some(task) => slots[at].restart(start(runner, origin, task)),
            None => drop(slots.swap_remove(at)),
        }
        coop::consume_budget().await;
    }
}

async fn start<'t>(
    runner: &Runner,
    origin: &Origin,
    task: &'t mut Queued,
) -> (&'t mut Queued, End, Option<Duration>) {
    let _running = CountedRunning::new(&runner.shared().counters);
    let (end, took) = one::run(runner, origin, task).await;
    (task, end, took)
}

/// A place for one running task. It is polled only when the task was woken, not whenever one of them was.
struct Slot<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
    waker: Waker,
}

impl<F: Future> Slot<F> {
    fn new(future: Pin<Box<F>>, parent: &Arc<Parent>) -> Self {
        let woken = Arc::new(Woken { yes: AtomicBool::new(true), parent: Arc::clone(parent) });
        Self { future, waker: Waker::from(Arc::clone(&woken)), woken }
    }

    fn restart(&mut self, future: F) {
        self.future.set(future);
        self.woken.yes.store(true, Ordering::Release);
    }

    fn poll(&mut self) -> Poll<F::Output> {
        if !self.woken.yes.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        self.future.as_mut().poll(&mut Context::from_waker(&self.waker))
    }
}

struct Woken {
    yes: AtomicBool,
    parent: Arc<Parent>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.yes.swap(true, Ordering::AcqRel) {
            self.parent.wake();
        }
    }
}

/// The waker of the future that holds the slots.
#[derive(Default)]
struct Parent(Mutex<Option<Waker>>);

impl Parent {
    fn set(&self, waker: &Waker) {
        let mut parent = self.0.lock();
        if !parent.as_ref().is_some_and(|parent| parent.will_wake(waker)) {
            *parent = Some(waker.clone());
        }
    }

    fn wake(&self) {
        let parent = self.0.lock().clone();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}
