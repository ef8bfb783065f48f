//! What executes batches and answers for them at shutdown.

mod beside;
mod drain;
mod lost;
mod refusals;
mod registry;
mod report;

use std::{
    any::Any,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

/// A request that a drain waits for.
pub use tokio_util::task::task_tracker::TaskTrackerToken as InFlight;

pub use report::{AbandonedRequest, AbandonedTask, DrainReport, Leftover, Stuck};

use crate::{
    BackgroundTasks, Lane, Origin, Reservation, TaskContext, TaskEvent, TaskLimits, TaskObserver, TaskStats,
    execution::Execution,
    lane::{self, Worker},
    panics,
    stats::Counters,
    task::Queued,
};
use refusals::Refusals;
pub(crate) use registry::LiveId;
use registry::{Admission, Next, Registry};

/// Executes batches and answers for them at shutdown. A clone is the same runner.
///
/// ```
/// use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runner = Runner::new(TaskLimits::default());
/// let tasks = runner.tasks(Origin::new(1, "GET /"));
/// tasks.add_task(|| println!("done"), ());
/// Batch::new(tasks).submit();
///
/// let report = runner.drain(tokio::time::sleep(Duration::from_secs(30))).await;
/// assert_eq!(report.stats.succeeded, 1);
/// assert!(report.is_complete());
/// # }
/// ```
#[derive(Clone)]
#[expect(
    clippy::redundant_allocation,
    reason = "the outer count is that of a handle, the inner one that of the handles"
)]
pub struct Runner(Arc<Arc<RunnerState>>);

struct RunnerState {
    limits: TaskLimits,
    observers: Vec<Arc<dyn TaskObserver>>,
    context: OnceLock<TaskContext>,
    /// Where to run what is submitted from outside a runtime.
    runtime: OnceLock<Handle>,
    registry: Registry,
    refusals: Refusals,
    counters: Counters,
    /// Batches, waiting or running, kept requests, open WebSockets and exits.
    batches: TaskTracker,
    /// Calls on the blocking pool.
    blocking: TaskTracker,
    /// How many of these have begun.
    calls: AtomicU64,
    /// Requests that another server has.
    requests: TaskTracker,
    /// What goes on although its client has left, and has no places.
    without_client: TaskTracker,
    blocking_permits: Arc<Semaphore>,
}

impl Runner {
    /// A runner with these limits.
    pub fn new(limits: TaskLimits) -> Self {
        Self::with_observers(limits, Vec::new())
    }

    /// A runner that tells each of the observers what happens to each task.
    pub fn with_observers(mut limits: TaskLimits, observers: Vec<Arc<dyn TaskObserver>>) -> Self {
        limits.batches = limits.batches.max(1);
        limits.blocking = limits.blocking.clamp(1, Semaphore::MAX_PERMITS);
        let state = RunnerState {
            blocking_permits: Arc::new(Semaphore::new(limits.blocking)),
            registry: Registry::new(limits.batches),
            limits,
            observers,
            context: OnceLock::new(),
            runtime: Handle::try_current().map(OnceLock::from).unwrap_or_default(),
            refusals: Refusals::default(),
            counters: Counters::default(),
            batches: TaskTracker::new(),
            blocking: TaskTracker::new(),
            calls: AtomicU64::new(0),
            requests: TaskTracker::new(),
            without_client: TaskTracker::new(),
        };
        Self(Arc::new(Arc::new(state)))
    }

    /// The same runner, for one connection: what its requests clone of it is counted apart. If all connections counted in one place, the
    /// processor's cores would have to take turns at it.
    #[doc(hidden)]
    pub fn handle(&self) -> Self {
        Self(Arc::new(Arc::clone(&self.0)))
    }

    /// A new, empty list for a request.
    pub fn tasks(&self, origin: Origin) -> BackgroundTasks {
        BackgroundTasks::attached(self.clone(), origin)
    }

    /// Whether as many tasks are pending as [`TaskLimits::pending`] allows, with those for which places are
    /// [reserved](Self::reserve).
    pub fn is_full(&self) -> bool {
        // In this order: a task that takes a reserved place in between counts twice, and never not at all.
        let reserved = self.0.counters.reserved();
        reserved + self.0.counters.pending() >= self.0.limits.pending
    }

    /// Lets in a request that will add this many tasks, if they stay within [`TaskLimits::pending`]; a request that adds more than that
    /// by itself is let in when nothing else is pending. What it adds is accepted in any case.
    ///
    /// ```
    /// # use epilogue_runtime::{Runner, TaskLimits};
    /// let runner = Runner::new(TaskLimits::default().pending(10));
    /// let first = runner.reserve(7).expect("nothing is pending");
    /// assert!(runner.reserve(7).is_none());
    /// drop(first);
    /// assert!(runner.reserve(7).is_some());
    /// ```
    pub fn reserve(&self, tasks: usize) -> Option<Reservation> {
        let limit = self.0.limits.pending;
        let tasks = tasks.min(limit);
        let reserved = self.0.counters.reserve(tasks);
        // Reserve first, then read what is pending: a task that is added at this moment then counts twice until its request ends,
        // rather than not at all for a moment.
        let taken = self.0.counters.pending() + reserved;
        if limit > 0 && tasks <= limit.saturating_sub(taken) {
            Some(Reservation::new(self.clone(), tasks))
        } else {
            self.0.counters.unreserve(tasks);
            None
        }
    }

    /// Takes a place whatever the limit.
    #[doc(hidden)]
    pub fn take_place(&self) -> Reservation {
        self.0.counters.reserve(1);
        Reservation::new(self.clone(), 1)
    }

    /// Counts what goes on although its client has left, until this is dropped: a WebSocket, or a request that is [kept](Self::keep)
    /// without places.
    #[doc(hidden)]
    pub fn without_client(&self) -> TaskTrackerToken {
        self.0.without_client.token()
    }

    /// Whether there are as many of these as [`TaskLimits::pending`] allows tasks: then no more should begin that might become one.
    #[doc(hidden)]
    pub fn keeps_too_many(&self) -> bool {
        self.0.without_client.len() >= self.0.limits.pending.max(1)
    }

    /// How many seconds a client is told to wait when the runner is full, as `Retry-After` has it: at least one.
    pub fn retry_after(&self) -> u64 {
        self.0.limits.retry_after.saturating_add(Duration::from_nanos(999_999_999)).as_secs().max(1)
    }

    /// The limits, as they hold: see [`TaskLimits`] for what 0 counts as.
    pub fn limits(&self) -> &TaskLimits {
        &self.0.limits
    }

    /// The counters, now.
    pub fn stats(&self) -> TaskStats {
        self.0.registry.fill(self.0.counters.snapshot())
    }

    /// Gives `#[task]`s the app to take their dependencies from. Only the first call counts.
    ///
    /// The runner keeps it, so it should not itself keep the runner.
    pub fn set_app(&self, app: Arc<dyn Any + Send + Sync>) {
        // A task must not see one app in its first attempt and another in its second.
        let _ = self.0.context.set(TaskContext::new(app));
    }

    /// What tasks are given when they run.
    pub fn context(&self) -> &TaskContext {
        self.0.context.get().unwrap_or(TaskContext::EMPTY)
    }

    /// Waits until no batch, request or call on the blocking pool is left.
    pub async fn idle(&self) {
        // A closed tracker still takes tasks. It is closed only here, because only a closed one wakes those who wait when its
        // last task ends.
        let all = [&self.0.requests, &self.0.batches, &self.0.blocking];
        for tracker in all {
            tracker.close();
        }
        // A wait is over once they were all gone, even if others have come since.
        while !self.is_idle() {
            for tracker in all {
                tracker.wait().await;
            }
        }
    }

    /// Whether nothing is left at one moment. The three are asked one after another, and what ends may just before have begun something
    /// of a kind that was found empty already. So nothing may have begun meanwhile.
    fn is_idle(&self) -> bool {
        let state = &*self.0;
        let begun = || (state.registry.begun(), state.calls.load(Ordering::Acquire));
        let before = begun();
        // Requests come last, so that nobody has to count how many have begun: no batch and no call is left by then.
        let is_empty = state.batches.is_empty() && state.blocking.is_empty() && state.requests.is_empty();
        // Whatever ended before it was asked for, what it had begun is counted here.
        is_empty && begun() == before
    }

    /// A drain waits for a request that holds this until its batch was submitted, and counts it if it does not end.
    #[doc(hidden)]
    pub fn request(&self) -> InFlight {
        self.0.requests.token()
    }

    /// How many of these are held.
    #[doc(hidden)]
    pub fn in_flight(&self) -> usize {
        self.0.requests.len()
    }

    /// A drain waits for a call on the blocking pool that holds this, and counts it if it does not end.
    #[doc(hidden)]
    pub fn blocking_call(&self) -> TaskTrackerToken {
        let token = self.0.blocking.token();
        // After the token: whoever sees it counted also sees the token.
        self.0.calls.fetch_add(1, Ordering::Release);
        token
    }

    /// A permit for a blocking task, if there is one at once.
    pub(crate) fn try_blocking_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.blocking_permits).try_acquire_owned().ok()
    }

    /// A permit for a blocking task.
    pub(crate) async fn blocking_permit(&self) -> OwnedSemaphorePermit {
        let permits = Arc::clone(&self.0.blocking_permits);
        permits.acquire_owned().await.expect("the semaphore is never closed")
    }

    /// A drain waits for a batch, or what stands in for one, that holds this. It is taken before the registry counts the batch.
    pub(crate) fn batch_token(&self) -> TaskTrackerToken {
        self.0.batches.token()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Whether a drain's deadline has come.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.registry.is_cut()
    }

    /// Runs an execution, on the lane if that is free, or else makes it wait for its turn.
    pub(crate) fn admit(&self, execution: Box<Execution>, lane: Option<&Lane>) {
        let worker = lane.and_then(Lane::worker);
        let abort = worker.map(|worker| worker.abort.clone());
        match self.0.registry.admit(execution, abort) {
            Admission::Run(execution) => {
                let left = match worker {
                    Some(worker) => worker.seat.give(execution),
                    None => Some(execution),
                };
                if let Some(execution) = left {
                    self.run(execution, lane);
                }
            }
            Admission::Waits => {}
            // Its drop names what is lost.
            Admission::Refused(execution) => drop(execution),
        }
    }

    fn run(&self, mut execution: Box<Execution>, lane: Option<&Lane>) {
        let id = execution.id.expect("an execution that is admitted has been given its id");
        let runtime = execution.runtime.take();
        let spawned = match lane.filter(|lane| lane.worker().is_none()) {
            None => self.spawn(runtime, execution.run()),
            Some(lane) => {
                let seat = Arc::default();
                let spawned = self.spawn(runtime, lane::work(Arc::clone(&seat), execution));
                spawned.inspect(|abort| lane.keep(Worker { seat, abort: abort.clone() }))
            }
        };
        if let Some(abort) = spawned {
            self.0.registry.attach(id, abort);
        }
    }

    /// Called when an execution that was admitted is dropped.
    pub(crate) fn ended(&self, id: LiveId, finished: bool) {
        if finished {
            self.pass_on(self.0.registry.ended(id));
        } else {
            self.cut_off(id);
        }
    }

    /// Waits within a batch that leaves its place to others meanwhile, if it has one.
    pub(crate) async fn paused<T>(&self, batch: Option<LiveId>, wait: impl Future<Output = T>) -> T {
        let Some(id) = batch else { return wait.await };
        self.leave_place(id);
        let waited = wait.await;
        self.take_place_again(id).await;
        waited
    }

    /// A batch leaves its place to others.
    pub(crate) fn leave_place(&self, id: LiveId) {
        self.pass_on(self.0.registry.pause(id));
    }

    /// A batch that has left its place waits for one.
    pub(crate) async fn take_place_again(&self, id: LiveId) {
        if let Some(turn) = self.0.registry.resume(id) {
            // The registry keeps the other end until the turn has come.
            let _ = turn.await;
        }
    }

    fn pass_on(&self, place: Option<Next>) {
        match place {
            Some(Next::Runs(execution)) => self.run(execution, None),
            // If it is being dropped, its drop passes the place on.
            Some(Next::Resumes(turn)) => _ = turn.send(()),
            None => {}
        }
    }

    #[cold]
    fn cut_off(&self, id: LiveId) {
        // All are taken at once. If their runtime is gone too, they fail here one after another, in a loop, and not nested, each
        // at the end of the one before. After a drain's deadline they are refused.
        let (place, waiting) = self.0.registry.ended_with_all(id);
        self.pass_on(place);
        for execution in waiting {
            execution.admit(None);
        }
    }

    /// Returns `None`, and drops the future, if there is no runtime.
    fn spawn(
        &self,
        runtime: Option<Handle>,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        let current = runtime.map_or_else(Handle::try_current, Ok);
        let runtime = match (current, self.0.runtime.get()) {
            (Ok(runtime), _) => {
                let _ = self.0.runtime.get_or_init(|| runtime.clone());
                runtime
            }
            (Err(_), Some(runtime)) => runtime.clone(),
            (Err(error), None) => {
                tracing::error!(target: "epilogue::task", %error, "there is no Tokio runtime to run tasks on");
                return None;
            }
        };
        Some(runtime.spawn(future).abort_handle())
    }

    pub(crate) fn is_observed(&self) -> bool {
        !self.0.observers.is_empty()
    }

    /// Tells the observers, if there are any.
    pub(crate) fn observe(
        &self,
        origin: &Origin,
        task: &Queued,
        took: Option<Duration>,
        error: Option<&str>,
        event: &dyn Fn(&dyn TaskObserver, &TaskEvent<'_>),
    ) {
        if self.is_observed() {
            let name = task.name();
            let task = TaskEvent {
                name: &name,
                origin,
                source: task.source,
                attempt: task.attempts,
                took: took.unwrap_or_default(),
                error,
            };
            for observer in &self.0.observers {
                panics::quietly("a task observer", || event(&**observer, &task));
            }
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("limits", &self.0.limits)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
