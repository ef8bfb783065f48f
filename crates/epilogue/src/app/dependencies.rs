//! The app-scoped dependencies of a started app: built before the first request, exited after the last task.

use std::any::TypeId;
use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::task::JoinSet;

use super::start::{AppState, Deadline, StartError};
use crate::dependency::{Dependency, Depends, Outcome};
use crate::graph::fuel::{Full, HasNode};
use crate::scope::{AppPlan, AppStep, Scope, Value, caught};
use crate::tasks::TaskContext;

/// The outputs of the app-scoped dependencies, each at the position that the plans know.
pub(crate) struct AppDependencies {
    steps: Vec<AppStep>,
    slots: HashMap<TypeId, usize>,
    values: Vec<OnceLock<Value>>,
    exited: AtomicBool,
}

impl AppDependencies {
    pub(super) fn new(plan: AppPlan) -> Self {
        let values = plan.steps.iter().map(|_| OnceLock::new()).collect();
        Self { steps: plan.steps, slots: plan.slots, values, exited: AtomicBool::new(false) }
    }

    /// Where each of them stands.
    pub(super) fn slots(&self) -> HashMap<TypeId, usize> {
        self.slots.clone()
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

    /// Builds all of them: in waves, each of which holds all whose own dependencies are built.
    pub(super) async fn build(app: &Arc<AppState>) -> Result<(), StartError> {
        let this = &app.dependencies;
        let mut left: Vec<usize> = (0..this.steps.len()).collect();
        while !left.is_empty() {
            let is_built = |slot: usize| this.values[slot].get().is_some();
            let (wave, later): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|&index| this.steps[index].needs().all(is_built));
            left = later;
            if let Err(error) = Self::build_wave(app, &wave).await {
                this.exit(pin!(std::future::pending())).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Builds dependencies that do not need each other at the same time, and waits for all of them: one that fails must not
    /// leave another half built.
    async fn build_wave(app: &Arc<AppState>, wave: &[usize]) -> Result<(), StartError> {
        let this = &app.dependencies;
        let mut building = JoinSet::new();
        for &index in wave {
            let app = Arc::clone(app);
            building.spawn(async move {
                let mut scope = Scope::of_app(Arc::clone(&app));
                (index, scope.run_app_step(&app.dependencies.steps[index].step).await)
            });
        }
        let mut failed = Ok(());
        while let Some(joined) = building.join_next().await {
            match joined {
                Ok((index, Ok(value))) => drop(this.values[index].set(value)),
                Ok((index, Err(reason))) => {
                    let AppStep { step, wanted_by } = &this.steps[index];
                    let wanted_by = wanted_by.clone();
                    failed = Err(StartError::Dependency { dependency: step.name, wanted_by, reason });
                }
                Err(error) => {
                    panic!("building a dependency catches its panics and is never cancelled: {error}")
                }
            }
        }
        failed
    }

    /// Runs the exits of those that were built, last in, first out, the first time that it is called. At the deadline it names
    /// those that are not done.
    pub(super) async fn exit(&self, deadline: Deadline<'_>) -> Vec<&'static str> {
        if self.exited.swap(true, Ordering::AcqRel) {
            return Vec::new();
        }
        let outcome = Arc::new(Outcome::shutdown());
        let built = self.steps.iter().zip(&self.values).rev();
        let mut left: VecDeque<_> = built
            .filter_map(|(AppStep { step, .. }, value)| Some((step.name, step.exit?, value.get()?)))
            .collect();
        let exits = async {
            while let Some((dependency, exit, value)) = left.front() {
                let future = caught(exit(Arc::clone(value), Arc::clone(&outcome)));
                if let Err(failure) = future.await.and_then(|result| result) {
                    tracing::error!(dependency, ?failure, "the exit of an app-scoped dependency failed");
                }
                left.pop_front();
            }
        };
        tokio::select! {
            biased;
            () = exits => {}
            () = deadline => {}
        }
        for (dependency, ..) in &left {
            tracing::error!(dependency, "the exit of an app-scoped dependency abandoned");
        }
        left.into_iter().map(|(dependency, ..)| dependency).collect()
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
#[doc(hidden)]
pub(crate) fn in_task<D: Dependency>(context: &TaskContext) -> Result<Depends<D>, NotBuiltForTask> {
    let node = const { &<D::Graph<Full> as HasNode>::NODE };
    let value = context.app::<AppDependencies>().and_then(|app| app.value_of(node.id));
    value.map(Depends::from_value).ok_or(NotBuiltForTask(node.name))
}
