//! The drop of lost tasks.

use std::{cell::RefCell, collections::VecDeque, mem};

use crate::{panics, task::Queued};

thread_local! {
    /// The tasks that are lost while this thread drops a lost task, whose drop adds them to a list that takes nothing any more.
    static LOST: RefCell<Option<VecDeque<Queued>>> = const { RefCell::new(None) };
}

/// How many lost tasks are dropped in one go: a task that adds itself again in its drop would go on for ever.
const LOST_FOR_ONE: usize = 100_000;

/// Drops a lost task, then those that its drop adds, in a loop: one inside the drop of another, they would overflow the stack.
pub(super) fn drop_lost(task: Queued) {
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
