//! The start of an app: turns what the app was told into plans, a routing table, and the outputs of its app-scoped dependencies.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use matchit::InsertError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::builder::Config;
use super::demand::Demand;
use super::dependencies::AppDependencies;
use super::error_handlers::ErrorHandlers;
use super::layered::{Respond, layer};
use super::methods::MethodTable;
use super::prefix;
use super::router::{PlacedRoute, SizeLimits};
use crate::graph::SourceLine;
use crate::graph::check::same_path;
use crate::graph::node::{ParamNode, RouteNode, UNFINISHED_ROUTE};
use crate::scope::{AppPlan, Plan, PlanError, Planner, Value};
use crate::tasks::Runner;

/// Why an app does not start.
///
/// A test that starts the app finds all of these:
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/")]
/// async fn index(greeting: State<String>) -> String {
///     greeting.to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = App::new().routes(routes![index]);
/// let error = app.start().await.unwrap_err();
/// assert!(error.to_string().contains("App::state"));
/// assert!(app.state(String::from("hello")).start().await.is_ok());
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something that a route needs is not there.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Two path functions answer one method and path.
    #[error(
        "`{first}` ({first_at}) and `{second}` ({second_at}) both answer {method} {path}: remove one, or change its path"
    )]
    Collision {
        /// The path function that was added first.
        first: &'static str,
        /// Its line.
        first_at: SourceLine,
        /// The other one.
        second: &'static str,
        /// Its line.
        second_at: SourceLine,
        /// The method of both.
        method: &'static str,
        /// The path of both.
        path: String,
    },
    /// A path cannot be told apart from another one.
    #[error("the path `{path}` of `{route}` ({at}) cannot be routed: {reason}")]
    Path {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
        /// Which other path it cannot be told from, and what to do.
        reason: String,
    },
    /// A path has more parameters than the routing table takes.
    #[error("the path `{path}` of `{route}` ({at}) has more than {MOST_PARAMETERS} parameters")]
    Parameters {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
    },
    /// A router's prefix is not valid.
    #[error("the prefix `{prefix}` of a router is not valid: {reason}")]
    Prefix {
        /// The prefix.
        prefix: String,
        /// What is wrong with it, and what to write instead.
        reason: String,
    },
    /// A path at which [`App::openapi`](crate::App) serves the documentation is not one.
    #[error(
        "the documentation of the API cannot be served at `{path}`: write a path that begins with a slash, as clients send it, without `{{`, `}}`, `?` and `#`"
    )]
    DocsPath {
        /// The path.
        path: String,
    },
    /// A route has an empty template, and no router with a prefix around it.
    #[error(
        "the path of `{route}` ({at}) is empty: write \"/\" as its template, or put it under a `Router` with a prefix"
    )]
    Empty {
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
    },
    /// Two segments of a path have one name, one of them perhaps in the prefix of a router.
    #[error(
        "two segments of the path `{path}` of `{route}` ({at}) are named `{{{name}}}`: rename one, each needs its own name"
    )]
    Names {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
        /// The name of both.
        name: String,
    },
    /// An app-scoped dependency could not be built. Those that were built before it have been exited.
    #[error("the app-scoped dependency `{dependency}`, which {wanted_by}, could not be built: {reason}")]
    Dependency {
        /// Its name.
        dependency: &'static str,
        /// The route that needs it, its line, and the chain of parameters that led to it first.
        wanted_by: String,
        /// Why: the error that it returned or, for an error type of your own, the reply that the error turns into.
        reason: String,
    },
    /// The app of an [`EpilogueLayer`](crate::EpilogueLayer) runs a dependency for its routes, which would not run for axum's handlers.
    #[error(
        "`App::depends::<{dependency}>()` is for the app's own routes and does not run for axum's handlers under an `EpilogueLayer`: take \
         `Depends<{dependency}>` in the handlers, and let a `Router` of the app's own routes have it if there are any"
    )]
    EffectInLayer {
        /// Its name.
        dependency: &'static str,
    },
    /// The server was told to stop, or the runtime shut down, before the app-scoped dependencies were built. Those that were built have
    /// been exited; the log names those that were still being built.
    #[error("the app was stopped before it had started")]
    Stopped,
    /// `App::resolve` asked for a dependency that is not app-scoped, or that no route uses in an app that had started before.
    #[error(
        "`{dependency}` was not built at the start: it is not app-scoped, or was asked for after the start and no route uses it"
    )]
    NotBuilt {
        /// Its name.
        dependency: &'static str,
    },
}

/// matchit panics if there is one more.
const MOST_PARAMETERS: usize = 25;

/// A started app, with its layers around it.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) state: Arc<AppState>,
    pub(crate) layered: Option<Respond>,
}

/// What all requests share.
pub(crate) struct AppState {
    pub(crate) runner: Runner,
    pub(crate) routes: Vec<CompiledRoute>,
    pub(super) table: matchit::Router<MethodTable>,
    pub(crate) states: Vec<Value>,
    pub(crate) error_handlers: ErrorHandlers,
    /// Cancelled when the server stops: open WebSockets are closed, and whoever took a `Shutdown` is told.
    pub(crate) stopping: CancellationToken,
    /// Those of our own servers that have not ended: the last one ends the app.
    pub(crate) servers: TaskTracker,
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
    /// How many of the pending places a request takes: for the tasks that it will add, and for its exits.
    pub(crate) fn places(&self) -> usize {
        // Only earlier replies tell whether a route's replies carry tasks of their own.
        let tasks = self.demand.expected().max(usize::from(self.plan.has_tasks));
        tasks + usize::from(self.plan.has_exits)
    }
}

impl AppState {
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

pub(super) async fn start(
    config: &Config,
    resolved: Option<&'static ParamNode>,
    given_up: Deadline<'_>,
) -> Result<Started, StartError> {
    for prefix in config.root.prefixes() {
        if let Some(reason) = prefix::flaw(prefix) {
            return Err(StartError::Prefix { prefix: prefix.to_owned(), reason });
        }
    }
    #[cfg_attr(not(feature = "openapi"), expect(unused_mut, reason = "only the documentation adds to them"))]
    let (mut placed, mut states) = (config.root.place(), config.states.clone());
    #[cfg(feature = "openapi")]
    document(config, &mut placed, &mut states)?;
    let mut app_plan = AppPlan::default();
    let routes = plan_routes(config, &states, &placed, resolved.as_slice(), &mut app_plan)?;
    let table = table_of(&placed)?;
    let state = Arc::new(AppState {
        runner: Runner::with_observers(config.limits.clone(), config.observers.clone()),
        routes,
        table,
        states: states.into_iter().map(|(_, value)| value).collect(),
        error_handlers: config.error_handlers.clone(),
        stopping: CancellationToken::new(),
        servers: TaskTracker::new(),
        requests: Arc::new(AtomicU64::new(1)),
        dependencies: Arc::new(AppDependencies::new(app_plan)),
    });
    state.runner.set_app(Arc::clone(&state.dependencies) as Arc<dyn Any + Send + Sync>);
    // Before anything is built: if a layer panics, nothing has to be exited.
    let layered = layer(config, &state);
    AppDependencies::build(&state, given_up).await?;
    Ok(Started { state, layered })
}

/// Adds the routes that document the others.
#[cfg(feature = "openapi")]
fn document(
    config: &Config,
    placed: &mut Vec<PlacedRoute>,
    states: &mut Vec<(TypeId, Value)>,
) -> Result<(), StartError> {
    let Some(openapi) = &config.openapi else { return Ok(()) };
    let documentation = openapi.place();
    for PlacedRoute { path, .. } in &documentation {
        // Braces would make it a template, and a client sends nothing of the rest.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"{}?#".contains(&byte);
        if !path.starts_with('/') || !path.bytes().all(is_plain) {
            return Err(StartError::DocsPath { path: path.clone() });
        }
    }
    states.push(openapi.state(placed));
    placed.extend(documentation);
    Ok(())
}

fn plan_routes(
    config: &Config,
    states: &[(TypeId, Value)],
    placed: &[PlacedRoute],
    resolved: &[&'static ParamNode],
    app_plan: &mut AppPlan,
) -> Result<Vec<CompiledRoute>, StartError> {
    let mut planner = Planner { states, overrides: &config.overrides, app: app_plan };
    planner.plan(&BUILD_AT_START, &config.build_at_start, "", &[])?;
    planner.plan(&RESOLVE, resolved, "", &[])?;
    placed
        .iter()
        .map(|route| {
            let segments = segments_of(&route.path);
            check_path(route, &segments)?;
            let plan = planner.plan(route.node, &route.dependencies, &route.path, &segments)?;
            Ok(CompiledRoute {
                node: route.node,
                label: format!("{} {}", route.node.method, route.path).into(),
                segments,
                status: route.node.status.and_then(|status| StatusCode::from_u16(status).ok()),
                limits: route.limits,
                plan,
                demand: Demand::default(),
            })
        })
        .collect()
}

/// Checks what a template's macro cannot: what the prefixes make of it.
fn check_path(route: &PlacedRoute, segments: &[String]) -> Result<(), StartError> {
    if route.path.is_empty() {
        return Err(StartError::Empty { route: route.node.name, at: route.node.at });
    }
    let (path, at) = (&route.path, route.node.at);
    if segments.len() > MOST_PARAMETERS {
        return Err(StartError::Parameters { path: path.clone(), route: route.node.name, at });
    }
    let twice = segments.iter().enumerate().find(|(index, name)| segments[..*index].contains(name));
    twice.map_or(Ok(()), |(_, name)| {
        Err(StartError::Names { path: path.clone(), route: route.node.name, at, name: name.clone() })
    })
}

/// Errors name this instead of a route, where no route asks for a dependency.
static BUILD_AT_START: RouteNode = RouteNode { name: "App::build_at_start", ..UNFINISHED_ROUTE };
static RESOLVE: RouteNode = RouteNode { name: "App::resolve", ..UNFINISHED_ROUTE };

fn table_of(placed: &[PlacedRoute]) -> Result<matchit::Router<MethodTable>, StartError> {
    let mut by_path: HashMap<&str, MethodTable> = HashMap::new();
    let mut paths = Vec::new();
    for (index, route) in placed.iter().enumerate() {
        let methods = by_path.entry(&route.path).or_insert_with(|| {
            paths.push(route);
            MethodTable::default()
        });
        if let Err(first) = methods.add(route.node, index) {
            let first = placed[first].node;
            return Err(StartError::Collision {
                first: first.name,
                first_at: first.at,
                second: route.node.name,
                second_at: route.node.at,
                method: route.node.method,
                path: route.path.clone(),
            });
        }
    }
    let mut table = matchit::Router::new();
    for (index, route) in paths.iter().enumerate() {
        let methods = by_path.remove(route.path.as_str()).unwrap_or_default();
        table.insert(&route.path, methods).map_err(|error| StartError::Path {
            path: route.path.clone(),
            route: route.node.name,
            at: route.node.at,
            reason: unroutable(route, &paths[..index], &error),
        })?;
    }
    Ok(table)
}

/// Why a path cannot go into a table that has these.
fn unroutable(route: &PlacedRoute, earlier: &[&PlacedRoute], error: &InsertError) -> String {
    if let Some(same) = earlier.iter().find(|other| same_path(&other.path, &route.path)) {
        let PlacedRoute { node, path, .. } = same;
        return format!(
            "`{}` ({}) names the segments of the same path differently, `{path}`; give them the same names",
            node.name, node.at
        );
    }
    let InsertError::Conflict { with } = error else { return error.to_string() };
    // What it is told to be is not always the whole of it.
    let other = earlier.iter().find(|other| other.path == *with);
    match other.or_else(|| earlier.iter().find(|other| other.path.starts_with(with))) {
        Some(PlacedRoute { node, path, .. }) => format!(
            "a request for it may be one for `{path}` of `{}` ({}) as well; begin one of them with another segment",
            node.name, node.at
        ),
        None => format!("a request for it may be one for `{with}` as well"),
    }
}

/// The names in a path, in order: `{id}` and `{*rest}`; a doubled brace is a literal brace.
pub(crate) fn segments_of(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        segments.push(rest[..close].trim_start_matches('*').to_owned());
        rest = &rest[close + 1..];
    }
    segments
}

/// When what is not done is cut off. One boxed type for all deadlines: otherwise all of a shutdown would be compiled for each of them.
pub(crate) type Deadline<'d> = Pin<&'d mut (dyn Future<Output = ()> + Send)>;

impl Started {
    /// Runs what is queued until the deadline, then the exits of the app, which have [`TaskLimits::exit_grace`] beyond the deadline.
    ///
    /// `connections` is how many the server has cut off before.
    ///
    /// [`TaskLimits::exit_grace`]: crate::TaskLimits::exit_grace
    pub(crate) async fn drain(&self, mut deadline: Deadline<'_>, connections: usize) -> crate::Result<()> {
        self.state.stopping.cancel();
        let runner = &self.state.runner;
        let mut expired = false;
        let mut report = runner
            .drain(async {
                deadline.as_mut().await;
                expired = true;
            })
            .await;
        let exits_until = pin!(async {
            if !expired {
                deadline.await;
            }
            tokio::time::sleep(runner.limits().exit_grace).await;
        });
        report.app_exits = self.state.dependencies.exit(exits_until).await;
        report.connections = connections;
        if report.is_complete() { Ok(()) } else { Err(crate::Error::Unfinished(report)) }
    }
}
