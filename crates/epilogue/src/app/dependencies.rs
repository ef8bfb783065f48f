//! The app-scoped dependencies of a started app: built before the first request, exited after the last task.

use std::any::TypeId;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::StartError;
use super::lifecycle::Deadline;
use super::state::AppState;
use crate::dependency::{Dependency, Depends, Outcome};
use crate::graph::fuel::node_of;
use crate::scope::{AppPlan, AppStep, RunExit, Scope, Value, caught};
use crate::tasks::TaskContext;

/// The outputs of the app-scoped dependencies, each at the position that the plans have for it.
pub(crate) struct AppDependencies {
    steps: Vec<AppStep>,
    /// The position of each.
    pub(super) slots: HashMap<TypeId, usize>,
    values: Vec<OnceLock<Value>>,
    exiting: OnceLock<Exiting>,
}

impl AppDependencies {
    pub(super) fn new(plan: AppPlan) -> Self {
        let values = plan.steps.iter().map(|_| OnceLock::new()).collect();
        Self { steps: plan.steps, slots: plan.slots, values, exiting: OnceLock::new() }
    }

    /// The output of the dependency of this type, if it was built.
    pub(crate) fn value_of(&self, id: TypeId) -> Option<Value> {
        self.slots.get(&id).map(|&index| Arc::clone(self.value(index)))
    }

    /// The output at a position.
    pub(crate) fn value(&self, index: usize) -> &Value {
        self.values[index].get().unwrap_or_else(|| {
            panic!(
                "`{}` is used before it was built: the plan of the app is wrong, which is a bug in epilogue",
                self.steps[index].step.name
            )
        })
    }

    /// Builds all of them in waves. A wave consists of all those whose own dependencies have been built. If one fails, or the
    /// start is given up, those that were built are exited.
    pub(super) async fn build(app: &Arc<AppState>, mut given_up: Deadline<'_>) -> Result<(), StartError> {
        let this = &app.dependencies;
        let mut left: Vec<usize> = (0..this.steps.len()).collect();
        while !left.is_empty() {
            let is_built = |slot: usize| this.values[slot].get().is_some();
            let (wave, later): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|&index| this.steps[index].needs().all(is_built));
            left = later;
            if let Err(error) = Self::build_wave(app, &wave, given_up.as_mut()).await {
                this.exit(pin!(tokio::time::sleep(app.runner.limits().exit_grace))).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Builds dependencies that do not need each other at the same time, and waits for all of them: when one fails, the others
    /// must not be left half built.
    async fn build_wave(
        app: &Arc<AppState>,
        wave: &[usize],
        given_up: Deadline<'_>,
    ) -> Result<(), StartError> {
        let mut building = JoinSet::new();
        for &index in wave {
            let app = Arc::clone(app);
            building.spawn(async move {
                let mut scope = Scope::of_app(Arc::clone(&app));
                (index, scope.run_app_step(&app.dependencies.steps[index].step).await)
            });
        }
        let mut built = HashMap::new();
        let is_given_up = tokio::select! {
            biased;
            () = Self::note_built(&mut building, &mut built) => false,
            () = given_up => true,
        };
        if is_given_up {
            building.abort_all();
            // One that never reaches an await does not end.
            let grace = app.runner.limits().exit_grace;
            let _ = tokio::time::timeout(grace, Self::note_built(&mut building, &mut built)).await;
        }
        let mut failed = is_given_up.then_some(StartError::Stopped);
        for &index in wave {
            let AppStep { step, wanted_by } = &app.dependencies.steps[index];
            match built.remove(&index) {
                Some(Ok(value)) => drop(app.dependencies.values[index].set(value)),
                Some(Err(reason)) => {
                    let wanted_by = wanted_by.clone();
                    let error = StartError::Dependency { dependency: step.name, wanted_by, reason };
                    if failed.is_some() {
                        tracing::error!(%error, "the app does not start for this reason too");
                    } else {
                        failed = Some(error);
                    }
                }
                None => {
                    failed.get_or_insert(StartError::Stopped);
                    tracing::error!(
                        dependency = step.name,
                        "an app-scoped dependency was still being built: abandoned"
                    );
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Waits for all that are being built. Those that were aborted have no result; they may panic when they are dropped.
    async fn note_built(
        building: &mut JoinSet<(usize, Result<Value, String>)>,
        built: &mut HashMap<usize, Result<Value, String>>,
    ) {
        while let Some(ended) = building.join_next().await {
            match ended {
                Ok((index, result)) => drop(built.insert(index, result)),
                Err(ended) if ended.is_cancelled() => {}
                Err(panic) => {
                    tracing::error!(%panic, "an app-scoped dependency panicked when it was dropped");
                }
            }
        }
    }

    /// Runs the exits of those that were built, last in, first out. At the deadline it names those that are not done.
    ///
    /// They run once, whoever asks; everyone who asks later waits for the same run.
    pub(super) async fn exit(&self, deadline: Deadline<'_>) -> Vec<&'static str> {
        self.exiting.get_or_init(|| Exiting::begin(self.owed())).ended(deadline).await
    }

    fn owed(&self) -> Vec<OwedExit> {
        let built = self.steps.iter().zip(&self.values).rev();
        built
            .filter_map(|(AppStep { step, .. }, value)| {
                Some(OwedExit { dependency: step.name, exit: step.exit?, value: Arc::clone(value.get()?) })
            })
            .collect()
    }
}

struct OwedExit {
    dependency: &'static str,
    exit: RunExit,
    value: Value,
}

/// The exits of an app while they run. They run in a task, because whoever waits for them may be dropped.
struct Exiting {
    all: Vec<&'static str>,
    ended: watch::Receiver<usize>,
    task: AbortHandle,
}

impl Exiting {
    fn begin(owed: Vec<OwedExit>) -> Self {
        let all: Vec<_> = owed.iter().map(|owed| owed.dependency).collect();
        let (count, ended) = watch::channel(0);
        let task = tokio::spawn(async move {
            let outcome = Arc::new(Outcome::shutdown());
            for OwedExit { dependency, exit, value } in owed {
                let future = caught(exit(value, Arc::clone(&outcome)));
                if let Err(failure) = future.await.and_then(|result| result) {
                    let error = failure.into_reason();
                    tracing::error!(dependency, error, "the exit of an app-scoped dependency failed");
                }
                count.send_modify(|ended| *ended += 1);
            }
        });
        Self { all, ended, task: task.abort_handle() }
    }

    /// The names of those that are not done at the deadline.
    async fn ended(&self, deadline: Deadline<'_>) -> Vec<&'static str> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended == self.all.len()) => {}
            () = deadline => self.task.abort(),
        }
        let left = &self.all[*ended.borrow()..];
        for dependency in left {
            tracing::error!(dependency, "the exit of an app-scoped dependency was abandoned");
        }
        left.to_vec()
    }
}

/// A task takes an app-scoped dependency that the app has not built.
#[derive(Debug, thiserror::Error)]
#[error(
    "the task needs the app-scoped dependency `{0}`, which was not built at the start: call `App::build_at_start` with it, or let a \
     route take it"
)]
#[doc(hidden)]
pub struct NotBuiltForTask(&'static str);

/// The output of an app-scoped dependency, for a `#[task]` that takes it.
pub(crate) fn in_task<D: Dependency>(context: &TaskContext) -> Result<Depends<D>, NotBuiltForTask> {
    let node = const { node_of::<D>() };
    let value = context.app::<AppDependencies>().and_then(|app| app.value_of(node.id));
    value.map(Depends::from_value).ok_or(NotBuiltForTask(node.name))
}
