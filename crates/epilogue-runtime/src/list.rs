//! What the clones of one `BackgroundTasks` share.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tracing::{Level, Span, field};

use crate::{Origin, Runner, TaskInfo, TaskObserver, TaskOutcome, execution::Execution, spare, task::Queued};

#[derive(Debug)]
pub(crate) struct List {
    pub(crate) runner: Runner,
    pub(crate) origin: Origin,
    /// A detached list is run by hand; nobody submits it.
    attached: bool,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    /// In the order added, and sorted by turn only when somebody looks: keeping them sorted would move many tasks for each one added.
    tasks: Vec<Queued>,
    is_in_turns: bool,
    /// The last turn that is over: handles of this turn and of earlier ones add at the end.
    turn: u32,
    phase: Phase,
    discarded: bool,
    /// Whether what is added comes from an exit or an error handler, which knows how the request has ended: it then runs even if
    /// the list was discarded.
    takes_all: bool,
    concurrent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The request has not yet handed it over.
    Open,
    /// A batch runs it or is waiting to, and finds what is added now once it has run the rest.
    Submitted,
    /// Its batch is over: what is added now needs a batch of its own.
    Done,
}

impl Queue {
    /// Notes that the last task came through a handle of this turn.
    // The turn is set once the task is in the list. If it were set just before, the processor would have to wait for that store in
    // the middle of the move.
    fn came_in(&mut self, turn: u32) {
        self.is_in_turns |= turn > self.turn;
        let turn = turn.max(self.turn);
        if turn > 0
            && let Some(task) = self.tasks.last_mut()
        {
            task.turn = turn;
        }
    }

    /// The tasks by turn; within a turn, in the order added.
    fn ordered(&mut self) -> &mut Vec<Queued> {
        if self.is_in_turns {
            self.sort();
        }
        &mut self.tasks
    }

    #[cold]
    fn sort(&mut self) {
        self.tasks.sort_by_key(|task| task.turn);
    }
}

impl List {
    pub(crate) fn new(runner: Runner, origin: Origin, attached: bool) -> Self {
        let queue = Queue {
            tasks: Vec::new(),
            is_in_turns: false,
            turn: 0,
            phase: Phase::Open,
            discarded: false,
            takes_all: false,
            concurrent: 1,
        };
        Self { runner, origin, attached, queue: Mutex::new(queue) }
    }

    /// Users' code never runs under this lock: not tasks or their drops, not observers, not subscribers.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    pub(crate) fn push(self: &Arc<Self>, mut task: Queued, turn: u32) {
        if tracing::enabled!(target: "epilogue::task", Level::INFO) {
            let span = self.span(&task);
            task.set_span(span);
        }
        // Counted and reported before a running batch can see it, so that it cannot end before it was queued.
        self.runner.counters().added();
        // Asked before the call, which would cost something for each task.
        if self.runner.is_observed() {
            self.runner.observe(&self.origin, &task, None, None, &TaskObserver::queued);
        }

        let mut queue = self.queue();
        if queue.discarded && queue.takes_all {
            task.always = true;
        }
        if queue.discarded && !task.always {
            drop(queue);
            tracing::warn!(
                target: "epilogue::task",
                task = %task.name(), request = %self.origin, source = %task.source,
                "task dropped: its request has failed; add it with `.always()` if it must run even so"
            );
            self.runner.discard(&self.origin, task);
            return;
        }
        if queue.tasks.len() == queue.tasks.capacity() {
            spare::grow(&mut queue.tasks);
        }
        queue.tasks.push(task);
        queue.came_in(turn);
        let resubmit = queue.phase == Phase::Done && self.attached;
        if resubmit {
            queue.phase = Phase::Submitted;
        }
        drop(queue);
        if resubmit {
            Box::new(Execution::new(Arc::clone(self))).admit(None);
        }
    }

    fn span(&self, task: &Queued) -> Span {
        // Made here, and not when the task starts, because the request's span is gone by then and could not be linked.
        // It is a root: a child would keep the request's span open until the task ends.
        let span = tracing::info_span!(
            target: "epilogue::task",
            parent: None,
            "task",
            // Not `name`, which in a log in JSON is the name of the span.
            task = %task.name(),
            request = %self.origin.name,
            request_id = self.origin.id,
            source = %task.source,
            attempt = field::Empty,
            outcome = field::Empty,
            duration_ms = field::Empty,
        );
        span.follows_from(Span::current());
        span
    }

    /// The request hands the list over. Returns false if there is nothing to run; the list is then done.
    pub(crate) fn submitted(&self, anything_else: bool) -> bool {
        let mut queue = self.queue();
        let run = anything_else || !queue.tasks.is_empty();
        queue.phase = if run { Phase::Submitted } else { Phase::Done };
        run
    }

    /// Swaps the queued tasks with `chunk`, which is empty, and returns how many of them may run at a time. `None` if no task is
    /// queued; the batch is then over if nothing follows its tasks.
    #[inline]
    pub(crate) fn take(&self, chunk: &mut Vec<Queued>, is_last: bool) -> Option<usize> {
        let mut queue = self.queue();
        if queue.tasks.is_empty() {
            if is_last {
                queue.phase = Phase::Done;
            }
            return None;
        }
        // If the request failed, only tasks with `.always()` are left, and those may add others.
        queue.discarded = false;
        std::mem::swap(queue.ordered(), chunk);
        Some(queue.concurrent)
    }

    /// Whatever ran the list was cut off: returns the rest, to be named. If it was a batch, what is added later is named as well.
    pub(crate) fn give_up(&self, is_batch: bool) -> Vec<Queued> {
        let mut queue = self.queue();
        if is_batch {
            queue.phase = Phase::Done;
        }
        std::mem::take(queue.ordered())
    }

    pub(crate) fn discard(&self) {
        let mut queue = self.queue();
        queue.discarded = true;
        let (kept, dropped) = std::mem::take(queue.ordered()).into_iter().partition(|task| task.always);
        queue.tasks = kept;
        drop(queue);
        self.discard_all(dropped);
    }

    fn discard_all(&self, tasks: Vec<Queued>) {
        for task in tasks {
            self.runner.discard(&self.origin, task);
        }
    }

    pub(crate) fn take_all(&self, all: bool) {
        self.queue().takes_all = all;
    }

    pub(crate) fn end_turns(&self, last: u32) {
        let mut queue = self.queue();
        queue.ordered();
        (queue.is_in_turns, queue.turn) = (false, last);
    }

    pub(crate) fn set_concurrent(&self, tasks: usize) {
        self.queue().concurrent = tasks.max(1);
    }

    pub(crate) fn len(&self) -> usize {
        self.queue().tasks.len()
    }

    pub(crate) fn infos(&self) -> Vec<TaskInfo> {
        self.queue().ordered().iter().map(Queued::info).collect()
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let tasks = std::mem::take(self.queue.get_mut().ordered());
        if tasks.is_empty() {
            return;
        }
        if self.attached && self.runner.is_cut() {
            for task in tasks {
                self.runner.abandon(&self.origin, task, None);
            }
            return;
        }
        if self.attached {
            tracing::warn!(
                target: "epilogue::task",
                request = %self.origin, tasks = tasks.len(), outcome = %TaskOutcome::Discarded,
                "request dropped without handing over its tasks: they do not run"
            );
        }
        self.discard_all(tasks);
    }
}
