//! After the path function: its reply is completed, the exits of function scope run, and the batch of what must happen after
//! the reply is handed to the reply's body.

use std::sync::Arc;

use axum_core::response::Response;
use http::StatusCode;
use http_body_util::Either;
use tokio::sync::oneshot;

use super::exit::{Exit, ExitStage};
use super::running::drop_each;
use super::{Head, Scope, caught_now, drop_caught, empty_parts};
use crate::body::{After, Breakable, ReplyBody};
use crate::dependency::Outcome;
use crate::graph::DependencyScope;
use crate::response::{Failure, HttpError, RaisedError, Replied, internal_server_error, written};
use crate::server::Link;
use crate::tasks::{Background, BackgroundTasks, Batch, BatchReport};
use crate::testing::Probe;

impl Scope {
    /// Whether exits of function scope must be [run](Self::leave_functions) before the reply is [made](Self::finish).
    pub(crate) fn must_leave(&self) -> bool {
        self.last_of_function().is_some()
    }

    fn last_of_function(&self) -> Option<usize> {
        self.exits.iter().rposition(|exit| exit.scope == DependencyScope::Function)
    }

    /// Makes the reply out of the path function's result, with all that follows the reply.
    pub(crate) fn finish(&mut self, result: Result<Replied, Failure>) -> http::Response<ReplyBody> {
        let mut failed = None;
        let mut response = match result {
            Ok(response) => response,
            Err(failure) => {
                let (response, outcome) = self.fail(failure);
                failed = Some(outcome);
                response
            }
        };
        let outcome = failed.unwrap_or_else(|| self.succeed(&mut response));
        if !response.extensions().is_empty()
            && let Some(own) = response.extensions_mut().remove::<Background>()
        {
            // After a failure, these tasks come from an error handler.
            let tasks = self.tasks();
            tasks.take_all(!outcome.is_success());
            tasks.append(own);
            tasks.take_all(false);
        }
        self.body.mark_if_unread(&mut response, self.link.as_ref());
        if let (Some(link), Either::Left(_)) = (&self.link, response.body()) {
            link.reply_is_there();
        }
        let breakable =
            Breakable::of(response.body(), || (Arc::clone(self.route_name()), self.link_to_connection()));
        let mut after = if self.owes_anything() {
            self.batch(outcome, breakable.as_ref())
        } else {
            // A request that can leave something behind has been given a number.
            if self.number != 0 {
                self.route().demand.was(0);
            }
            forget_outcome(outcome);
            After::default()
        };
        if breakable.is_some() {
            after.hold(&mut self.link);
        }
        self.let_go();
        self.body.let_go();
        response.map(|content| ReplyBody::of_route(content, after, breakable))
    }

    #[cold]
    fn link_to_connection(&self) -> Option<Link> {
        self.link.as_ref().filter(|link| link.connection().is_some()).cloned()
    }

    /// Runs the exits of function scope, last in, first out. An error of one becomes the result that the next one sees.
    pub(crate) async fn leave_functions(
        &mut self,
        mut result: Result<Replied, Failure>,
    ) -> Result<Replied, Failure> {
        // The reply's tasks go into the list now: an exit may replace the reply, and then those added with `.always()` must still run.
        if let Ok(reply) = &mut result
            && let Some(own) = reply.extensions_mut().remove::<Background>()
        {
            self.tasks().append(own);
        }
        // Exits that have not ended stay in the scope: if this is cut off, its drop sees to them.
        while let Some(last) = self.last_of_function() {
            if result.is_err() {
                self.discard_tasks();
            }
            let outcome = Arc::new(outcome_of(&result));
            let ended = self.exits[last].run(outcome, self.tasks.as_ref()).await;
            self.exits.remove(last);
            if let Err(failure) = ended {
                match std::mem::replace(&mut result, Err(failure)) {
                    Err(replaced) => self.log_replaced(replaced),
                    // Its body may panic.
                    Ok(replaced) => drop_caught(replaced),
                }
            }
        }
        result
    }

    /// Logs a failure that an exit's error has replaced. A failure that becomes the reply is logged there.
    #[cold]
    fn log_replaced(&self, failure: Failure) {
        let (route, error) = (&**self.route_name(), failure.into_reason());
        tracing::error!(route, error, "a request failed, and an exit's error became its reply");
    }

    /// The route, as logs name it. Under a layer there is no real one; the list knows what the request is called.
    pub(crate) fn route_name(&self) -> &Arc<str> {
        self.tasks.as_ref().map_or(&self.route().label, |tasks| &tasks.origin().name)
    }

    fn discard_tasks(&self) {
        if let Some(tasks) = &self.tasks {
            tasks.discard();
        }
    }

    fn succeed(&mut self, response: &mut Replied) -> Outcome {
        let set = self.reply.take().and_then(|reply| reply.merge_into(response));
        if let Some(status) = set.or(self.route().status)
            && response.status() == StatusCode::OK
        {
            *response.status_mut() = status;
        }
        Outcome::replied(response.status())
    }

    #[cold]
    fn fail(&mut self, failure: Failure) -> (Replied, Outcome) {
        self.discard_tasks();
        if let Failure::Panicked(panic) = &failure {
            let at = self.route().node.at;
            // Not where the panic was, which the panic's own message says.
            let source = (at.line > 0).then(|| tracing::field::display(at));
            tracing::error!(
                route = &**self.route_name(),
                source,
                panic = panic.message(),
                "a request panicked"
            );
        }
        let outcome = Outcome::of_failure(&failure).after_reply();
        let app = Arc::clone(&self.app);
        let response = match app.error_handlers.handle(&failure, self) {
            Some(response) => {
                drop_caught(failure);
                Ok(response)
            }
            None => self.reply_of(failure),
        };
        let response = response.unwrap_or_else(|failure| {
            tracing::error!(?failure, "an error did not become a reply");
            internal_server_error()
        });
        (response.map(Either::Right), outcome)
    }

    /// The reply that an error turns into. An error that is a string or a `Json` replies with a success status, which a guard that denies
    /// access cannot mean, so that is logged.
    fn reply_of(&self, failure: Failure) -> Result<Response, Failure> {
        let error = match &failure {
            Failure::Raised(raised) => raised.type_name(),
            Failure::Rejected(_) | Failure::Panicked(_) => "",
        };
        let route = &**self.route_name();
        let response = caught_now(|| failure.into_response(Some(route))).and_then(written)?;
        if response.status().is_success() {
            tracing::warn!(
                route,
                error,
                status = response.status().as_u16(),
                "an `Err` became a reply with a success status: return an `HttpError`, or an error type that replies with another status"
            );
        }
        Ok(response)
    }

    /// Drops the user's values here, where a panic is caught. In the drop of the scope, a panic would take the reply and its tasks with it.
    /// The body goes the same way, but only once it has been looked at.
    fn let_go(&mut self) {
        if !self.slots.is_empty() {
            drop_each(self.slots.drain(..));
        }
        if !self.parts().extensions.is_empty() {
            if let Some(probe) = self.parts().extensions.get::<Probe>() {
                probe.ended();
            }
            drop_caught(std::mem::replace(&mut self.parts, Head::Owned(empty_parts())));
        }
    }

    #[cold]
    fn cut_off(&mut self) {
        self.discard_tasks();
        let error = HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "the request was cut off before its end");
        drop(self.batch(Outcome::of_failure(&error.raise()), None));
    }

    /// A request that can leave something behind is the runner's to name.
    #[inline(never)]
    fn log_if_cut_off(&self, link: &Link) {
        if link.is_cut_off() && !self.route().leaves_something() {
            link.log_if_cut_off(&self.route().label);
        }
    }

    fn owes_anything(&self) -> bool {
        !self.exits.is_empty() || self.tasks.is_some()
    }

    /// What must happen once the reply has left.
    fn batch(&mut self, outcome: Outcome, reply: Option<&Arc<Breakable>>) -> After {
        let is_entering = self.exits.iter_mut().any(Exit::is_entering);
        self.exits.retain(|exit| !matches!(exit.stage, ExitStage::Ended));
        let (added, more_may_come) =
            self.tasks.as_ref().map(BackgroundTasks::len_and_is_shared).unwrap_or_default();
        self.route().demand.was(added);
        if self.exits.is_empty() && added == 0 && !more_may_come {
            self.tasks = None;
            forget_outcome(outcome);
            return After::default();
        }
        let probe = self.parts().extensions.get::<Probe>().cloned();
        if let Some(probe) = &probe {
            probe.queued(self.tasks().pending());
        }
        let tasks = self.take_tasks();
        let batch = if self.exits.is_empty() {
            forget_outcome(outcome);
            Batch::new(tasks)
        } else {
            batch_with_exits(tasks, std::mem::take(&mut self.exits), is_entering, outcome, reply.cloned())
        };
        let batch = match probe {
            None => batch,
            Some(probe) => batch.finally(async move |report: BatchReport| probe.done(report.failed)),
        };
        After::batch(batch, self.link.take())
    }
}

/// A request may be cut off by the end of a shutdown, or by a panic in a drop. Its exits are still owed, and its tasks are accounted
/// for.
impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        if self.owes_anything() {
            self.cut_off();
        }
        if let Some(link) = &self.link {
            self.log_if_cut_off(link);
        }
        if !self.slots.is_empty() || !self.parts().extensions.is_empty() {
            self.let_go();
        }
    }
}

/// Drops the outcome of a request that no exit asks for. It may be the last to hold an error, which may panic.
fn forget_outcome(outcome: Outcome) {
    if !outcome.is_success() {
        drop_caught(outcome);
    }
}

/// A batch whose exits run after its tasks.
fn batch_with_exits(
    tasks: BackgroundTasks,
    mut exits: Vec<Exit>,
    is_entering: bool,
    outcome: Outcome,
    reply: Option<Arc<Breakable>>,
) -> Batch {
    for exit in &mut exits {
        exit.leaves_request(tasks.origin());
    }
    let batch = Batch::new(tasks.clone()).with_place();
    let leave = move |exits, report| {
        let mut outcome = outcome;
        if let Some(broke_off) = reply.and_then(|reply| reply.outcome()) {
            drop_caught(std::mem::replace(&mut outcome, broke_off));
        }
        leave_request(exits, outcome, report, tasks)
    };
    if !is_entering {
        return batch.finally(move |report| leave(exits, report));
    }
    // A call may still add tasks, of which a failed request runs but a few, and all before the exits.
    let (all_entered, entered) = oneshot::channel();
    let enter = async move {
        for exit in &mut exits {
            exit.enter().await;
        }
        // The batch drops the receiver only together with this.
        drop(all_entered.send(exits));
    };
    batch.first(enter).finally(async move |report| {
        if let Ok(exits) = entered.await {
            leave(exits, report).await;
        }
    })
}

/// Runs the exits of request scope. Nobody is left to be told of their errors, so they are logged.
async fn leave_request(mut exits: Vec<Exit>, outcome: Outcome, report: BatchReport, tasks: BackgroundTasks) {
    // One of function scope may have been cut off in the middle: it is ended before the next one begins.
    exits.sort_by_key(|exit| matches!(exit.stage, ExitStage::Runs(..)));
    let outcome = Arc::new(outcome.with_failed_tasks(report.failed));
    for mut exit in exits.into_iter().rev() {
        if let Err(failure) = exit.run(Arc::clone(&outcome), Some(&tasks)).await {
            let (dependency, route, error) = (exit.function, &*tasks.origin().name, failure.into_reason());
            let _entered = exit.span.enter();
            tracing::error!(dependency, route, error, "an exit failed after the reply");
        }
    }
}

fn outcome_of(result: &Result<Replied, Failure>) -> Outcome {
    match result {
        Ok(response) => Outcome::replied(response.status()),
        Err(failure) => Outcome::of_failure(failure),
    }
}
