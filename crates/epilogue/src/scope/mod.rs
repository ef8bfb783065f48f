//! The scope of one request: its values, its one task list, and the exits that are still owed.

mod concurrent;
mod exit;
mod leave;
mod plan;
mod read_body;
mod run;
mod running;
mod solo;
mod taking;
#[cfg(feature = "websocket")]
mod upgrade;

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response};
use smallvec::SmallVec;
use tokio_util::sync::CancellationToken;

use exit::Exit;
use plan::SlotIndex;
pub(crate) use plan::{AppPlan, AppStep, Override, Plan, Planner, Step, StepRun};
pub use plan::{PlanError, Site};
pub use running::Running;
pub(crate) use running::{StepOutput, caught, caught_now, drop_caught, drop_each, poll_caught};
pub(crate) use solo::{Solo, SoloPlan, SoloPlans};
pub use taking::Taking;
#[cfg(feature = "websocket")]
pub(crate) use upgrade::{asks_for_websocket, protocol_of};

use crate::app::{AppState, CompiledRoute};
use crate::body::{BodyTime, ReplyBody, RequestBody, is_form, is_json};
#[cfg(feature = "cookie")]
use crate::decode::Cookies;
use crate::decode::{Captures, Headers, UrlEncoded};
use crate::dependency::Outcome;
use crate::param::{ClientAddr, Reasons, Untaken};
use crate::rejection::{Invalid, Rejection};
use crate::response::{Failure, Reply};
use crate::security::SecurityScopes;
use crate::server::{Connection, Link};
use crate::tasks::{BackgroundTasks, Origin};
#[cfg(feature = "multipart")]
use crate::upload::FormValues;

/// Without the feature, no request is treated as one for a WebSocket.
#[cfg(not(feature = "websocket"))]
pub(crate) fn asks_for_websocket(_: &Parts) -> bool {
    false
}

/// A future that owns all it needs.
#[doc(hidden)]
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A dependency's output, erased.
#[doc(hidden)]
pub type Value = Arc<dyn Any + Send + Sync>;

/// Runs one dependency or extractor.
pub(crate) type RunStep = fn(&mut Scope, &[Site]) -> Running;

/// Runs a path function.
pub(crate) type RunRoute = fn(Scope) -> BoxFuture<Response<ReplyBody>>;

/// Runs a dependency's exit.
pub(crate) type RunExit = fn(Value, Arc<Outcome>) -> BoxFuture<Result<(), Failure>>;

/// What a step left behind.
enum Slot {
    Empty,
    Shared(Value),
    Own(Box<dyn Any + Send>),
    Failed(Rejection),
}

/// The part of the path that each `{name}` of the template matched, as offsets.
pub(crate) type CaptureRanges = SmallVec<[(u32, u32); 4]>;

/// Everything that belongs to one request. The macros' code takes parameters out of it; the rest is private.
#[doc(hidden)]
pub struct Scope {
    app: Arc<AppState>,
    route: usize,
    /// 0 until the request has been given a number.
    number: u64,
    parts: Head,
    captures: CaptureRanges,
    body: RequestBody,
    slots: SmallVec<[Slot; 8]>,
    tasks: Option<BackgroundTasks>,
    reply: Option<Reply>,
    exits: Vec<Exit>,
    errors: Option<Box<Errors>>,
    /// The turn of what runs now: it orders the tasks of parameters that are resolved at the same time.
    turn: u32,
    link: Option<Link>,
}

/// What the request got wrong so far.
#[derive(Default)]
struct Errors {
    /// In the values of the dependencies that could not run.
    of_steps: Vec<Invalid>,
    /// Why the function cannot run whose parameters are being taken.
    of_function: Reasons,
}

/// The head, owned until somebody wants to keep it.
#[expect(clippy::large_enum_variant, reason = "nearly every request owns its head, and has no use for a box")]
enum Head {
    Owned(Parts),
    Shared(Arc<Parts>),
}

impl Head {
    fn get(&self) -> &Parts {
        match self {
            Self::Owned(parts) => parts,
            Self::Shared(parts) => parts,
        }
    }
}

/// An empty head, where there is no request or its head has been taken.
pub(crate) fn empty_parts() -> Parts {
    http::Request::new(()).into_parts().0
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("route", &self.route().node.name).finish_non_exhaustive()
    }
}

impl Scope {
    pub(crate) fn new(
        app: Arc<AppState>,
        route: usize,
        number: u64,
        parts: Parts,
        captures: CaptureRanges,
        body: RequestBody,
        link: Option<Link>,
    ) -> Self {
        Self {
            app,
            route,
            number,
            parts: Head::Owned(parts),
            captures,
            body,
            slots: SmallVec::new(),
            tasks: None,
            reply: None,
            exits: Vec::new(),
            errors: None,
            turn: 0,
            link,
        }
    }

    /// For an app with one route or none, where there is nothing of the request but its head.
    fn without_body(app: Arc<AppState>, number: u64, parts: Parts) -> Self {
        Self::new(app, 0, number, parts, CaptureRanges::new(), RequestBody::Read(Bytes::new()), None)
    }

    fn route(&self) -> &CompiledRoute {
        &self.app.routes[self.route]
    }

    fn parts(&self) -> &Parts {
        self.parts.get()
    }

    // What the parameters read. The types that they read it through belong to `decode`.

    pub(crate) fn query(&self) -> UrlEncoded<'_> {
        UrlEncoded::new(self.parts().uri.query().unwrap_or_default())
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::new(&self.parts().headers, None)
    }

    pub(crate) fn headers_of<'s>(&'s self, site: &'s Site) -> Headers<'s> {
        Headers::new(&self.parts().headers, site.header.as_ref().map(|header| (site.key(), header)))
    }

    pub(crate) fn header_map(&self) -> &HeaderMap {
        &self.parts().headers
    }

    #[cfg(feature = "cookie")]
    pub(crate) fn cookies(&self) -> Cookies<'_> {
        Cookies::new(&self.parts().headers)
    }

    pub(crate) fn captures(&self) -> Captures<'_> {
        Captures::new(self.parts().uri.path(), &self.route().segments, &self.captures)
    }

    #[cfg(feature = "multipart")]
    pub(crate) fn form(&self) -> FormValues<'_> {
        match self.body.multipart() {
            Some(form) => FormValues::Multipart(form),
            None => FormValues::UrlEncoded(self.url_encoded()),
        }
    }

    #[cfg(not(feature = "multipart"))]
    pub(crate) fn form(&self) -> UrlEncoded<'_> {
        self.url_encoded()
    }

    fn url_encoded(&self) -> UrlEncoded<'_> {
        // A body declared as something else is not a form. `UrlEncoded` itself is lenient about percent-encoding.
        UrlEncoded::form(if is_form(&self.parts().headers) { self.body.form() } else { "" })
    }

    pub(crate) fn body(&self) -> &Bytes {
        self.body.bytes()
    }

    /// Whether the body is read as JSON. For an empty one it does not matter what it is declared as.
    pub(crate) fn reads_json(&self) -> bool {
        self.body().is_empty() || is_json(&self.parts().headers)
    }

    /// The key under which a JSON body stands, if the bodies of this route have keys.
    pub(crate) fn embedded(&self, site: &Site) -> Option<&'static str> {
        self.route().plan.embed_bodies.then_some(site.key())
    }

    /// The connection, if our own server serves it.
    fn connection(&self) -> Option<&Arc<Connection>> {
        self.link.as_ref().and_then(Link::connection)
    }

    /// The request under the name that its tasks' logs and reports use.
    fn origin(&mut self) -> Origin {
        if self.number == 0 {
            self.number = self.app.next_number();
        }
        Origin::new(self.number, Arc::clone(&self.route().label))
    }

    fn take_errors_of_steps(&mut self) -> Vec<Invalid> {
        self.errors.as_mut().map(|errors| std::mem::take(&mut errors.of_steps)).unwrap_or_default()
    }

    pub(crate) fn tasks(&mut self) -> &BackgroundTasks {
        let tasks = self.take_tasks();
        self.tasks.insert(tasks)
    }

    /// Takes the list out for the batch, which answers for it from now on.
    fn take_tasks(&mut self) -> BackgroundTasks {
        self.tasks.take().unwrap_or_else(|| {
            let origin = self.origin();
            self.app.runner.tasks(origin)
        })
    }

    /// The list as the function that runs now gets it: with its turn.
    pub(crate) fn tasks_in_turn(&mut self) -> BackgroundTasks {
        let turn = self.turn;
        self.tasks().in_turn(turn)
    }

    pub(crate) fn reply(&mut self) -> &Reply {
        self.reply.get_or_insert_default()
    }

    pub(crate) fn share_parts(&mut self) -> Arc<Parts> {
        let parts = match std::mem::replace(&mut self.parts, Head::Owned(empty_parts())) {
            Head::Owned(parts) => Arc::new(parts),
            Head::Shared(parts) => parts,
        };
        self.parts = Head::Shared(Arc::clone(&parts));
        parts
    }

    fn swap_parts(&mut self, other: &mut Parts) {
        let given = std::mem::replace(other, empty_parts());
        *other = match std::mem::replace(&mut self.parts, Head::Owned(given)) {
            Head::Owned(own) => own,
            Head::Shared(own) => Arc::unwrap_or_clone(own),
        };
    }

    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.app.stopping
    }

    pub(crate) fn client(&self) -> Option<ClientAddr> {
        ClientAddr::of(self.parts(), self.connection())
    }

    pub(crate) fn state(&self, site: &Site) -> Value {
        let SlotIndex::State(index) = site.slot else { wrong_plan(site) };
        Arc::clone(&self.app.states[index])
    }

    pub(crate) fn dependency(&self, site: &Site) -> Result<Value, Rejection> {
        match site.slot {
            SlotIndex::App(index) => Ok(Arc::clone(self.app.dependencies.value(index))),
            SlotIndex::Request(index) => match &self.slots[index] {
                Slot::Shared(value) => Ok(Arc::clone(value)),
                Slot::Failed(rejection) => Err(rejection.clone()),
                Slot::Empty | Slot::Own(_) => wrong_plan(site),
            },
            SlotIndex::None | SlotIndex::State(_) | SlotIndex::Scopes(_) => wrong_plan(site),
        }
    }

    /// The same for an output whose end nobody notices: its last reader takes it out of the slot, so that its memory is free for the
    /// outputs to come.
    // Not inlined: what every parameter of every dependency repeats would be fetched anew for each.
    #[inline(never)]
    pub(crate) fn dependency_to_end(&mut self, site: &Site) -> Result<Value, Untaken> {
        if let (SlotIndex::Request(index), true) = (site.slot, site.is_last)
            && let slot @ Slot::Shared(_) = &mut self.slots[index]
            && let Slot::Shared(value) = std::mem::replace(slot, Slot::Empty)
        {
            return Ok(value);
        }
        self.dependency(site).map_err(Untaken::failed)
    }

    /// The scopes that are required at this place in the graph.
    pub(crate) fn security_scopes(&self, site: &Site) -> SecurityScopes {
        match site.slot {
            SlotIndex::Scopes(index) => self.route().plan.scopes[index].clone(),
            _ => SecurityScopes::default(),
        }
    }

    pub(crate) fn extracted<E: 'static>(&mut self, site: &Site) -> Result<E, Rejection> {
        let SlotIndex::Request(index) = site.slot else { wrong_plan(site) };
        match std::mem::replace(&mut self.slots[index], Slot::Empty) {
            Slot::Own(extracted) => Ok(*extracted.downcast().unwrap_or_else(|_| wrong_plan(site))),
            Slot::Failed(rejection) => Err(rejection),
            Slot::Empty | Slot::Shared(_) => wrong_plan(site),
        }
    }

    /// The request as an extractor gets it: with the unread body if this is the extractor that takes it.
    pub(crate) fn request_for_extractor(&mut self, sites: &[Site]) -> axum_core::extract::Request {
        let body = if sites.iter().any(|site| site.node.takes_stream) {
            let connection = self.link.as_ref().and_then(Link::connection);
            self.body.take_timed_stream(BodyTime { app: &self.app, connection })
        } else {
            axum_core::body::Body::empty()
        };
        http::Request::from_parts(self.parts().clone(), body)
    }
}

#[track_caller]
fn wrong_plan(site: &Site) -> ! {
    panic!(
        "the plan has no value for `{}`: it was made for another route, which is a bug in epilogue",
        site.node.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest allocation that glibc serves from the thread's cache. A request's future that is larger adds a twentieth to what a
    /// simple request costs.
    const CACHED: usize = 1032;

    fn size_of_future<F>(_: impl FnOnce(&'static mut Scope, &'static AppState) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_future_of_a_request_stays_small() {
        let own = size_of::<Scope>() + size_of_future(Scope::prepare);
        // The rest is for the path function and its reply.
        assert!(own + 64 <= CACHED, "{} and {}", size_of::<Scope>(), own - size_of::<Scope>());
    }
}
