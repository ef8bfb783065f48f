//! What a start makes of an app, for its requests to find.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::demand::Demand;
use super::dependencies::AppDependencies;
use super::error_handlers::ErrorHandlers;
use super::layered::Respond;
use super::router::SizeLimits;
use super::table::MethodTable;
use crate::graph::node::RouteNode;
use crate::scope::{Plan, Value};
use crate::tasks::Runner;

/// A started app, with its layers around it.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) state: Arc<AppState>,
    pub(crate) layered: Option<Respond>,
}

impl Started {
    /// The same app for the requests of one connection.
    pub(crate) fn for_connection(&self) -> Self {
        let AppState { runner, shared } = &*self.state;
        let state = AppState { runner: runner.handle(), shared: Arc::clone(shared) };
        Self { state: Arc::new(state), layered: self.layered.clone() }
    }
}

/// The app as the requests of one connection hold it, unless they come through layers. If those of all connections counted their
/// references in one place, the processor's cores would have to take turns at it.
pub(crate) struct AppState {
    pub(crate) runner: Runner,
    shared: Arc<SharedState>,
}

/// What all requests share.
pub(crate) struct SharedState {
    pub(crate) routes: Vec<CompiledRoute>,
    pub(super) table: matchit::Router<MethodTable>,
    pub(crate) states: Vec<Value>,
    pub(crate) error_handlers: ErrorHandlers,
    /// Cancelled when the server stops: open WebSockets are closed, and whoever took a `Shutdown` is told.
    pub(crate) stopping: CancellationToken,
    /// The number of the next request.
    pub(super) requests: Arc<AtomicU64>,
    /// Shared with the runner, whose tasks take app-scoped dependencies too.
    pub(crate) dependencies: Arc<AppDependencies>,
}

/// A route as requests find it.
pub(crate) struct CompiledRoute {
    pub(crate) node: &'static RouteNode,
    /// The method and the whole path, as logs name the route.
    pub(crate) label: Arc<str>,
    /// The names in the path, in order.
    pub(crate) segments: Vec<String>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) limits: SizeLimits,
    pub(crate) plan: Plan,
    pub(crate) demand: Demand,
}

impl CompiledRoute {
    /// How many of the pending places a request takes: for the tasks that it will add, and for its exits after the reply.
    pub(crate) fn places(&self) -> usize {
        // Only earlier replies tell whether a route's replies carry tasks of their own.
        let tasks = self.demand.expected().max(usize::from(self.plan.has_tasks));
        tasks + usize::from(self.plan.exits_late)
    }

    /// Whether a request can leave something behind: it is then run to its end even if its client leaves.
    pub(crate) fn leaves_something(&self) -> bool {
        self.plan.has_exits || self.places() > 0
    }
}

impl AppState {
    pub(super) fn new(runner: Runner, shared: SharedState) -> Self {
        Self { runner, shared: Arc::new(shared) }
    }

    /// The number of a new request, from 1: its tasks and their logs carry it.
    pub(crate) fn next_number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// How long an idle client may hold up a stop. It need not go at once, because what is on its way to it may still arrive; but the
    /// others must have the rest of the grace period.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.runner.limits().grace / 3
    }
}

impl Deref for AppState {
    type Target = SharedState;

    fn deref(&self) -> &SharedState {
        &self.shared
    }
}
