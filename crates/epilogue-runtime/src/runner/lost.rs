//! Tasks that will not run: dropped on purpose, or because there is no time left for them.

use std::{cell::RefCell, collections::VecDeque, mem, time::Duration};

use super::{AbandonedTask, Runner};
use crate::{Origin, TaskOutcome, panics, task::Queued};

impl Runner {
    /// Drops a task on purpose.
    pub(crate) fn discard(&self, origin: &Origin, task: Queued) {
        self.lose(origin, task, TaskOutcome::Discarded);
    }

    /// Drops a task because there is no time left for it, and says so.
    pub(crate) fn abandon(&self, origin: &Origin, task: Queued, age: Option<Duration>) {
        let lost = AbandonedTask {
            name: task.name(),
            origin: origin.clone(),
            source: task.source,
            attempts: task.attempts,
            age: age.unwrap_or_default(),
        };
        tracing::error!(
            target: "epilogue::task",
            parent: task.span(),
            task = %lost.name, request = %origin, attempt = lost.attempts, source = %lost.source, age = ?lost.age,
            last_error = task.last_error(),
            "task abandoned",
        );
        // Named before it is counted, so that a drain that finds it counted also finds it named.
        self.0.registry.name(lost);
        self.lose(origin, task, TaskOutcome::Abandoned);
    }

    fn lose(&self, origin: &Origin, task: Queued, outcome: TaskOutcome) {
        task.span().record("outcome", outcome.as_str());
        self.0.counters.ended(outcome);
        self.observe(origin, &task, None, None, &|observer, task| observer.ended(task, outcome));
        drop_lost(task);
    }
}

thread_local! {
    /// While this thread drops a lost task: the tasks that this drop adds to a list that takes nothing any more.
    static LOST: RefCell<Option<VecDeque<Queued>>> = const { RefCell::new(None) };
}

/// How many lost tasks are dropped in one go: a task that adds itself again in its drop would go on for ever.
const LOST_FOR_ONE: usize = 100_000;

/// Drops a lost task, then those that its drop adds, in a loop: one inside the drop of another, they would overflow the stack.
fn drop_lost(task: Queued) {
    let first = LOST.try_with(|lost| match &mut *lost.borrow_mut() {
        Some(lost) => {
            lost.push_back(task);
            None
        }
        lost @ None => {
            *lost = Some(VecDeque::new());
            Some(task)
        }
    });
    // An error means that the thread is ending; the task has then been dropped already.
    let Some(mut next) = first.ok().flatten() else { return };
    let _ends = LostEnds;
    for _ in 0..LOST_FOR_ONE {
        panics::quietly("a task that was dropped", || drop(next));
        match LOST.with_borrow_mut(|lost| lost.as_mut()?.pop_front()) {
            Some(task) => next = task,
            None => return,
        }
    }
    tracing::error!(target: "epilogue::task", task = %next.name(), "lost tasks add others without end: the rest is leaked");
    mem::forget(next);
}

/// Resets `LOST` however the loop ends, even if a subscriber panics, so that the thread's next lost task is dropped.
struct LostEnds;

impl Drop for LostEnds {
    fn drop(&mut self) {
        LOST.take().into_iter().flatten().for_each(mem::forget);
    }
}
