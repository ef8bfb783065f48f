//! Before the path function: the plan's steps run in order, once the body has been read.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::exit::{Exit, ExitStage};
use super::running::{BlockingCall, blocking};
use super::{
    BoxFuture, Plan, RunExit, Running, Scope, Slot, Step, StepOutput, StepRun, Taking, Value, caught,
    caught_now, empty_parts,
};
use crate::app::AppState;
use crate::graph::DependencyScope;
use crate::param::{Reasons, Untaken};
use crate::rejection::Rejection;
use crate::response::Failure;

pub(super) type Waiting = BoxFuture<Result<StepOutput, Failure>>;

/// What a request has to wait for before its path function is called.
pub(crate) type Preparing<'s> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 's>>;

impl Scope {
    /// The app, so that its plans can be read while the scope is borrowed mutably.
    pub(crate) fn app(&self) -> Arc<AppState> {
        Arc::clone(&self.app)
    }

    /// Whether there is anything to [prepare](Self::prepare).
    pub(crate) fn must_prepare(&self) -> bool {
        let plan = &self.route().plan;
        plan.reads_body || !plan.steps.is_empty()
    }

    /// Reads the body and runs the dependencies, as far as nothing has to be awaited; the future does what is left. Failed validations are
    /// collected; any other error ends the request here.
    // The future is a box, so that it does not enlarge those of other requests, and so that its code is compiled with this crate: it would
    // be compiled with each app that awaits its own type.
    pub(crate) fn prepare<'s>(&'s mut self, app: &'s AppState) -> Result<Option<Preparing<'s>>, Failure> {
        let plan = &app.routes[self.route].plan;
        if plan.reads_body { Ok(Some(Box::pin(self.prepare_with_body(plan)))) } else { self.run_steps(plan) }
    }

    async fn prepare_with_body(&mut self, plan: &Plan) -> Result<(), Failure> {
        let has_steps = !plan.steps.is_empty();
        self.read_body().await?;
        if plan.reads_json && self.reads_json() {
            self.check_json(has_steps)?;
        }
        match self.run_steps(plan)? {
            Some(rest) => rest.await,
            None => Ok(()),
        }
    }

    fn run_steps<'s>(&'s mut self, plan: &'s Plan) -> Result<Option<Preparing<'s>>, Failure> {
        self.slots.reserve_exact(plan.steps.len());
        if !plan.concurrent.is_empty() {
            return Ok(Some(Box::pin(self.run_groups(plan))));
        }
        let waits = self.run_until_waiting(&plan.steps)?;
        Ok(waits.map(|waits| Box::pin(self.run_from(waits, &plan.steps)) as Preparing<'s>))
    }

    async fn run_groups(&mut self, plan: &Plan) -> Result<(), Failure> {
        for group in &plan.concurrent {
            self.run_in_order(&plan.steps[..group.start()]).await?;
            self.run_concurrently(&plan.steps, group).await?;
        }
        self.run_in_order(&plan.steps).await
    }

    /// Runs the steps that have no slot yet, one after another.
    pub(super) async fn run_in_order(&mut self, steps: &[Step]) -> Result<(), Failure> {
        match self.run_until_waiting(steps)? {
            Some(waits) => self.run_from(waits, steps).await,
            None => Ok(()),
        }
    }

    /// The same, from a step on that has been started.
    async fn run_from(&mut self, first: (&Step, Waiting), steps: &[Step]) -> Result<(), Failure> {
        let mut waits = Some(first);
        while let Some((step, future)) = waits {
            let result = caught(future).await.flatten();
            let slot = self.settle(step, result)?;
            self.slots.push(slot);
            waits = self.run_until_waiting(steps)?;
        }
        Ok(())
    }

    /// Runs steps, from the first that has no slot yet, until one has to be awaited.
    fn run_until_waiting<'p>(&mut self, steps: &'p [Step]) -> Result<Option<(&'p Step, Waiting)>, Failure> {
        // A panic in a step (in a user's `Deserialize`, say) must end the request and not the server.
        caught_now(|| self.run_at_once(steps)).flatten()
    }

    fn run_at_once<'p>(&mut self, steps: &'p [Step]) -> Result<Option<(&'p Step, Waiting)>, Failure> {
        for step in steps.get(self.slots.len()..).unwrap_or_default() {
            let slot = match self.launch(step) {
                Running::Done(output) => self.keep(step, output),
                Running::Waiting(future) => return Ok(Some((step, future))),
                Running::Blocking(call) => return Ok(Some((step, self.enter_on_pool(step, call)))),
                Running::Failed(failure) => failed(step, failure)?,
                Running::Untaken(untaken) => self.untaken(step, untaken)?,
            };
            self.slots.push(slot);
        }
        Ok(None)
    }

    #[cold]
    pub(super) fn untaken(&mut self, step: &Step, untaken: Untaken) -> Result<Slot, Failure> {
        let Reasons { own, below } = *untaken.0;
        if !step.vital {
            return Ok(Slot::Failed(Rejection::merged(own, below)));
        }
        self.errors.get_or_insert_default().of_steps.extend(own);
        // A failure of a dependency below was noted where it happened, unless it is an error that no step of the plan could raise.
        match below.and_then(Rejection::into_raised) {
            Some(failure) => Err(failure),
            None => Ok(Slot::Failed(Rejection::new(Vec::new()))),
        }
    }

    #[inline]
    fn keep(&mut self, step: &Step, output: StepOutput) -> Slot {
        match output {
            StepOutput::Shared(value) => {
                if let Some(run) = step.exit {
                    self.owe_exit(step, ExitStage::Waits(run, Arc::clone(&value)));
                }
                Slot::Shared(value)
            }
            StepOutput::Entered(value) => Slot::Shared(value),
            StepOutput::Own(extracted) => Slot::Own(extracted),
        }
    }

    // Not inlined, so that `keep` can be: few steps have an exit.
    #[inline(never)]
    fn owe_exit(&mut self, step: &Step, stage: ExitStage) {
        self.exits.push(Exit::new(step.name, step.scope, stage));
    }

    pub(super) fn settle(
        &mut self,
        step: &Step,
        result: Result<StepOutput, Failure>,
    ) -> Result<Slot, Failure> {
        match result {
            Ok(output) => Ok(self.keep(step, output)),
            Err(failure) => failed(step, failure),
        }
    }

    /// Starts a step; a panic becomes its failure.
    pub(super) fn start(&mut self, step: &Step) -> Running {
        caught_now(|| self.launch(step)).unwrap_or_else(Running::Failed)
    }

    /// Calls a dependency on the blocking pool. Its exit is owed from here on, even if nobody waits for the output any more when it comes.
    pub(super) fn enter_on_pool(&mut self, step: &Step, call: BlockingCall) -> Waiting {
        let is_exited = step.exit.is_some();
        let enter = self.owe_call(step.name, step.exit.map(|run| (step.scope, run)));
        let call = move || {
            let value = call()?;
            // Without an exit, the output is to be dropped with its last reader.
            if is_exited {
                let _ = enter.send(Arc::clone(&value));
            }
            Ok(value)
        };
        let runner = self.app.runner.clone();
        Box::pin(async { blocking(runner, call).await.flatten().map(StepOutput::Entered) })
    }

    /// Calls the path function on the blocking pool.
    pub(crate) async fn call_on_pool<T: Send + 'static>(
        &mut self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let ends = self.owe_call(self.route().node.name, None);
        let call = move || {
            let _ends = ends;
            call()
        };
        blocking(self.app.runner.clone(), call).await
    }

    /// The sender that ends a call on the blocking pool: with the output, for the call's own exit, or by being dropped. Until then, no exit
    /// of what was entered before runs. If a step beside it fails, the tasks of the request wait for it too, since it may have the list.
    fn owe_call(
        &mut self,
        function: &'static str,
        exit: Option<(DependencyScope, RunExit)>,
    ) -> oneshot::Sender<Value> {
        let (ends, ended) = oneshot::channel();
        let (scope, run) = match exit {
            Some((scope, run)) => (scope, Some(run)),
            None if self.must_leave() => (DependencyScope::Function, None),
            None => (DependencyScope::Request, None),
        };
        let delays_tasks = self.turn > 0 && self.tasks.is_some();
        if run.is_some() || !self.exits.is_empty() || delays_tasks {
            self.exits.push(Exit::new(function, scope, ExitStage::Enters(run, ended)));
        }
        ends
    }

    fn launch(&mut self, step: &Step) -> Running {
        match &step.run {
            StepRun::Function(run) => run(self, &step.sites),
            StepRun::Replaced(value) => Running::Done(StepOutput::Shared(value())),
        }
    }

    /// Takes the path function's own parameters, unless anything in the request failed validation.
    pub(crate) fn take_own<T>(
        &mut self,
        app: &AppState,
        take: impl FnOnce(&mut Taking<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        let own = &app.routes[self.route].plan.own;
        let mut taking = Taking::new(self, own);
        match caught_now(|| take(&mut taking))? {
            Some(taken) if taking.is_clean() => Ok(taken),
            _ => Err(taking.into_failure()),
        }
    }
}

/// What a failed step leaves: the request goes on if only optional parameters want it.
#[cold]
fn failed(step: &Step, failure: Failure) -> Result<Slot, Failure> {
    match failure {
        Failure::Panicked(_) => Err(failure),
        _ if step.vital => Err(failure),
        _ => Ok(Slot::Failed(Rejection::of_failure(failure))),
    }
}

impl Scope {
    /// The scope in which app-scoped dependencies are built: it has no request.
    pub(crate) fn of_app(app: Arc<AppState>) -> Self {
        Self::without_body(app, 0, empty_parts())
    }

    /// Builds an app-scoped dependency. The error is for the log, since the start then fails.
    pub(crate) async fn run_app_step(&mut self, step: &Step) -> Result<Value, String> {
        let result = match self.start(step) {
            Running::Done(output) => Ok(output),
            Running::Failed(failure) => Err(failure),
            Running::Waiting(future) => caught(future).await.flatten(),
            Running::Blocking(call) => {
                let called = blocking(self.app.runner.clone(), call).await;
                called.flatten().map(StepOutput::Shared)
            }
            Running::Untaken(_) => return Err(String::from("one of its parameters has no value")),
        };
        match result {
            Ok(StepOutput::Shared(value) | StepOutput::Entered(value)) => Ok(value),
            Ok(StepOutput::Own(_)) => Err(String::from("it is an extractor, which needs a request")),
            Err(failure) => Err(failure.into_reason()),
        }
    }
}
