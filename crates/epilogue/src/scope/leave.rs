//! After the path function: its reply is completed, the exits of function scope run, and the batch of what must happen after
//! the reply is handed to the reply's body.

use std::iter;
use std::sync::Arc;

use axum_core::response::IntoResponse;
use http::StatusCode;
use http_body_util::Either;
use hyper::ext::ReasonPhrase;

use super::{Exit, Head, Scope, caught_now};
use crate::body::{After, Breakable, ReplyBody};
use crate::dependency::Outcome;
use crate::graph::DependencyScope;
use crate::response::{Failure, HttpError, Raised, Replied, internal_server_error};
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

    /// Makes the reply of what the path function returned, with all that follows it.
    pub(crate) fn finish(&mut self, result: Result<Replied, Failure>) -> http::Response<ReplyBody> {
        let (mut response, outcome) = match result {
            Ok(response) => self.succeed(response),
            Err(failure) => self.fail(failure),
        };
        if !response.extensions().is_empty() {
            if let Some(own) = response.extensions_mut().remove::<Background>() {
                let tasks = self.tasks();
                if outcome.is_success() {
                    tasks.append(own);
                } else {
                    // They are an error handler's.
                    tasks.append_after_failure(own);
                }
            }
            if let Some(Link::Connection(_)) = self.link {
                drop_extensions(&mut response);
            }
        }
        if let Some(connection) = self.connection() {
            connection.answered(&response);
        }
        let breakable = Breakable::of(response.body(), || Arc::clone(&self.route().label));
        let after = if self.owes_anything() {
            self.batch(outcome, breakable.as_ref())
        } else {
            // A number is what a request with places for its tasks has.
            if self.number != 0 {
                self.route().demand.was(0);
            }
            After::default()
        };
        self.let_go();
        response.map(|content| ReplyBody::of_route(content, after, breakable))
    }

    /// Runs the exits of function scope, last in, first out. An error of one becomes the result that the next one sees.
    pub(crate) async fn leave_functions(
        &mut self,
        mut result: Result<Replied, Failure>,
    ) -> Result<Replied, Failure> {
        // Those that have not ended stay with the scope, whose drop sees to them should this be cut off.
        while let Some(last) = self.last_of_function() {
            let outcome = Arc::new(outcome_of(&result));
            if let Err(failure) = self.exits[last].run(outcome).await {
                result = Err(failure);
            }
            let ended = self.exits.remove(last);
            drop_each(iter::once(ended));
        }
        result
    }

    fn succeed(&mut self, mut response: Replied) -> (Replied, Outcome) {
        if let Some(reply) = self.reply.take() {
            reply.merge_into(&mut response);
        }
        if let Some(status) = self.route().status
            && response.status() == StatusCode::OK
        {
            *response.status_mut() = status;
        }
        let outcome = Outcome::replied(response.status());
        (response, outcome)
    }

    fn fail(&mut self, failure: Failure) -> (Replied, Outcome) {
        if let Some(tasks) = &self.tasks {
            tasks.discard();
        }
        if let Failure::Panicked(panic) = &failure {
            let route = self.route();
            tracing::error!(route = &*route.label, at = %route.node.at, panic = panic.message(), "a request panicked");
        }
        let outcome = Outcome::of_failure(&failure).after_reply();
        let app = Arc::clone(&self.app);
        let response = app.error_handlers.handle(&failure, self);
        let response = response.map_or_else(|| caught_now(|| Ok(failure.into_response())), Ok);
        let response = response.unwrap_or_else(|failure| {
            tracing::error!(?failure, "the reply of an error panicked");
            internal_server_error()
        });
        (response.map(Either::Right), outcome)
    }

    /// Drops what is the user's, here, where a panic of it is caught: where the scope is dropped, the reply would be lost with it, and
    /// its tasks.
    fn let_go(&mut self) {
        if !self.slots.is_empty() {
            drop_each(self.slots.drain(..));
        }
        if !self.parts().extensions.is_empty() {
            if let Some(probe) = self.parts().extensions.get::<Probe>() {
                probe.parted();
            }
            drop_each(iter::once(std::mem::replace(&mut self.parts, Head::empty())));
        }
    }

    #[cold]
    fn cut_off(&mut self) {
        if let Some(tasks) = &self.tasks {
            tasks.discard();
        }
        let error = HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "the request was cut off before its end");
        let failure = Failure::Raised(Raised::new(error));
        drop(self.batch(Outcome::of_failure(&failure), None));
    }

    fn owes_anything(&self) -> bool {
        !self.exits.is_empty() || self.tasks.is_some()
    }

    /// What must happen once the reply has left.
    fn batch(&mut self, outcome: Outcome, reply: Option<&Arc<Breakable>>) -> After {
        let added = self.tasks.as_ref().map_or(0, BackgroundTasks::len);
        self.route().demand.was(added);
        let has_tasks = added > 0 || self.tasks.as_ref().is_some_and(BackgroundTasks::is_shared);
        if self.exits.is_empty() && !has_tasks {
            self.tasks = None;
            return After::default();
        }
        let probe = self.parts().extensions.get::<Probe>().cloned();
        if let Some(probe) = &probe {
            probe.queued(self.tasks().pending());
        }
        let tasks = self.take_tasks();
        let batch = if self.exits.is_empty() {
            Batch::new(tasks)
        } else {
            let exits = std::mem::take(&mut self.exits);
            let reply = reply.cloned();
            Batch::new(tasks.clone()).with_place().finally(move |report| {
                // Not before: what a failed request still adds itself is dropped with the rest.
                tasks.accept_again();
                let outcome = reply.and_then(|reply| reply.outcome()).unwrap_or(outcome);
                leave_request(exits, outcome, report)
            })
        };
        let batch = match probe {
            None => batch,
            Some(probe) => batch.finally(async move |report: BatchReport| probe.done(report.failed)),
        };
        After::batch(batch, self.link.take())
    }
}

/// The request was cut off, by the end of a shutdown or by a panic of what it dropped: its exits are owed all the same, and its tasks
/// are not forgotten.
impl Drop for Scope {
    fn drop(&mut self) {
        if self.owes_anything() {
            self.cut_off();
        }
        if !self.slots.is_empty() || !self.parts().extensions.is_empty() {
            self.let_go();
        }
    }
}

/// Drops what hyper has no use for, which would do so where a panic ends the connection. Layers have seen it.
pub(crate) fn drop_extensions<B>(response: &mut http::Response<B>) {
    let mut extensions = std::mem::take(response.extensions_mut());
    if let Some(reason) = extensions.remove::<ReasonPhrase>() {
        response.extensions_mut().insert(reason);
    }
    drop_each(iter::once(extensions));
}

/// Drops one value after another, since two panics at a time would end the process.
pub(super) fn drop_each<T>(mut values: impl Iterator<Item = T>) {
    let mut all = || {
        values.by_ref().for_each(drop);
        Ok(())
    };
    while let Err(failure) = caught_now(&mut all) {
        tracing::error!(
            ?failure,
            "what a request has left panicked when it was dropped: a dependency or its output, or an extension"
        );
    }
}

/// Runs the exits of request scope. Nobody is left to be told of their errors, so they are logged.
async fn leave_request(exits: Vec<Exit>, outcome: Outcome, report: BatchReport) {
    let outcome = Arc::new(outcome.with_failed_tasks(report.failed));
    for mut exit in exits.into_iter().rev() {
        if let Err(failure) = exit.run(Arc::clone(&outcome)).await {
            tracing::error!(?failure, "an exit failed after the reply");
        }
        drop_each(iter::once(exit));
    }
}

fn outcome_of(result: &Result<Replied, Failure>) -> Outcome {
    match result {
        Ok(response) => Outcome::replied(response.status()),
        Err(failure) => Outcome::of_failure(failure),
    }
}
