//! Before the path function: the body is read, and the plan's steps run in order.

use std::sync::Arc;

use http::StatusCode;
use tokio::sync::oneshot;

use super::exit::{Exit, ExitStage};
use super::running::{BlockingCall, blocking};
use super::{
    BoxFuture, Plan, RunExit, Running, Scope, Slot, Step, StepOutput, StepRun, Taking, UntakenStep, Value,
    caught, caught_now, empty_parts,
};
use crate::app::AppState;
#[cfg(feature = "multipart")]
use crate::body::multipart_type;
use crate::body::{BodyError, BodyTime, is_form};
use crate::decode;
use crate::graph::DependencyScope;
use crate::rejection::Rejection;
use crate::response::{Failure, HttpError, RaisedError};
use crate::server::Link;
#[cfg(feature = "multipart")]
use crate::tasks::with_causes;
#[cfg(feature = "multipart")]
use crate::upload::{FormLimits, MAX_PARTS, MultipartError};

pub(super) type Waiting = BoxFuture<Result<StepOutput, Failure>>;

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

    /// Reads the body and runs the dependencies. Failed validations are collected; any other error ends the request here.
    pub(crate) async fn prepare(&mut self, app: &AppState) -> Result<(), Failure> {
        let plan = &app.routes[self.route].plan;
        let has_steps = !plan.steps.is_empty();
        if plan.reads_body {
            self.read_body().await?;
            if plan.reads_json && self.reads_json() {
                self.check_json(has_steps)?;
            }
        }
        if has_steps { self.run_steps(plan).await } else { Ok(()) }
    }

    /// If the body is not JSON at all, no dependency may run, so it is checked first. Without dependencies, taking the parameters is check
    /// enough, and the body is parsed only once.
    fn check_json(&self, before_steps: bool) -> Result<(), Failure> {
        if std::str::from_utf8(self.body()).is_err() {
            let detail = "There was an error parsing the body";
            return Err(HttpError::new(StatusCode::BAD_REQUEST, detail).raise());
        }
        if before_steps {
            decode::check_json(self.body())
                .map_err(|error| Failure::Rejected(Rejection::new(vec![error])))?;
        }
        Ok(())
    }

    async fn run_steps(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.slots.reserve_exact(plan.steps.len());
        for group in &plan.concurrent {
            self.run_in_order(&plan.steps[..group.start()]).await?;
            // Boxed, so that it does not enlarge the future of other requests.
            Box::pin(self.run_concurrently(&plan.steps, group)).await?;
        }
        self.run_in_order(&plan.steps).await
    }

    /// Runs the steps that have no slot yet, one after another.
    async fn run_in_order(&mut self, steps: &[Step]) -> Result<(), Failure> {
        // A panic in a step (in a user's `Deserialize`, say) must end the request and not the server.
        while let Some((step, future)) = caught_now(|| self.run_until_waiting(steps)).flatten()? {
            let result = caught(future).await.flatten();
            let slot = self.settle(step, result)?;
            self.slots.push(slot);
        }
        Ok(())
    }

    /// Runs steps, from the first that has no slot yet, until one has to be awaited.
    fn run_until_waiting<'a>(&mut self, steps: &'a [Step]) -> Result<Option<(&'a Step, Waiting)>, Failure> {
        for step in steps.get(self.slots.len()..).unwrap_or_default() {
            let slot = match self.launch(step) {
                Running::Ended(Ok(output)) => self.keep(step, output),
                Running::Ended(Err(failure)) => failed(step, failure)?,
                Running::Waiting(future) => return Ok(Some((step, future))),
                Running::Blocking(call) => return Ok(Some((step, self.enter_on_pool(step, call)))),
                Running::Untaken(untaken) => self.untaken(step, *untaken)?,
            };
            self.slots.push(slot);
        }
        Ok(None)
    }

    #[cold]
    pub(super) fn untaken(&mut self, step: &Step, untaken: UntakenStep) -> Result<Slot, Failure> {
        let UntakenStep { own, below } = untaken;
        if !step.vital {
            return Ok(Slot::Failed(Rejection::merged(own, below)));
        }
        self.errors.extend(own);
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
        caught_now(|| self.launch(step)).unwrap_or_else(|failure| Running::Ended(Err(failure)))
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
            StepRun::Replaced(value) => Running::Ended(Ok(StepOutput::Shared(value()))),
        }
    }

    async fn read_body(&mut self) -> Result<(), Failure> {
        let connection = self.link.as_ref().and_then(Link::connection);
        let time = BodyTime { app: &self.app, connection };
        let route = &self.app.routes[self.route];
        let headers = &self.parts.get().headers;
        #[cfg(feature = "multipart")]
        let form = if route.plan.reads_form { multipart_type(headers) } else { None };
        #[cfg(not(feature = "multipart"))]
        let form: Option<&str> = None;
        let mut result = Ok(());
        if form.is_none() || route.plan.reads_whole {
            result = self.body.read(headers, route.limits.body(), time).await;
            if route.plan.reads_form && is_form(headers) {
                self.body.read_as_form();
            }
        }
        #[cfg(feature = "multipart")]
        if let (Some(content_type), Ok(())) = (form, &result) {
            let of_form = FormLimits {
                whole: route.limits.upload(),
                text: route.limits.body(),
                files_in_memory: route.plan.files_in_memory,
            };
            // Boxed, so that it does not enlarge the future of other requests.
            result = Box::pin(self.body.read_form(headers, content_type, of_form, time)).await;
        }
        result.map_err(|error| {
            let (status, detail) = match &error {
                _ if error.is_too_slow() => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
                #[cfg(feature = "multipart")]
                BodyError::Multipart(error) => return multipart_failure(error),
                BodyError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
                _ => (StatusCode::BAD_REQUEST, "There was an error reading the body"),
            };
            tracing::debug!(%error, "the body was not read");
            HttpError::new(status, detail).raise()
        })
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
            Running::Ended(result) => result,
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

/// What the client is told if a multipart body could not be read.
#[cfg(feature = "multipart")]
fn multipart_failure(error: &MultipartError) -> Failure {
    let too_many;
    let (status, detail) = match error {
        MultipartError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
        MultipartError::Malformed(multer::Error::NoBoundary) => {
            (StatusCode::BAD_REQUEST, "Missing boundary in multipart.")
        }
        MultipartError::Malformed(_) | MultipartError::Cut(_) => {
            (StatusCode::BAD_REQUEST, "Invalid multipart data.")
        }
        MultipartError::Nameless => {
            (StatusCode::BAD_REQUEST, "The Content-Disposition header field \"name\" must be provided.")
        }
        MultipartError::TooMany(what) => {
            too_many = format!("Too many {what}. Maximum number of {what} is {MAX_PARTS}.");
            (StatusCode::BAD_REQUEST, too_many.as_str())
        }
        MultipartError::Read(_) => (StatusCode::BAD_REQUEST, "There was an error reading the body"),
        MultipartError::Store(_) => {
            tracing::error!(error = %with_causes(error), "a file of a multipart body was not stored");
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    };
    if !status.is_server_error() {
        tracing::debug!(error = %with_causes(error), "the multipart body was not read");
    }
    HttpError::new(status, detail).raise()
}
