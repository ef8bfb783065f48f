//! The start of an app: turns what the app was told into plans, a routing table, and the outputs of its app-scoped dependencies.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::builder::Config;
use super::demand::Demand;
use super::dependencies::AppDependencies;
use super::layered::layer;
use super::lifecycle::Deadline;
use super::router::PlacedRoute;
use super::state::{AppState, CompiledRoute, SharedState, Started};
use super::table::{check_path, segments_of, table_of};
use super::{StartError, prefix};
use crate::graph::node::{ParamNode, RouteNode, UNFINISHED_ROUTE};
use crate::scope::{AppPlan, Planner, Value};
use crate::tasks::Runner;

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
    let routes = plan_routes(config, &states, &placed, resolved, &mut app_plan)?;
    let table = table_of(&placed)?;
    let runner = Runner::with_observers(config.limits.clone(), config.observers.clone());
    let shared = SharedState {
        routes,
        table,
        states: states.into_iter().map(|(_, value)| value).collect(),
        error_handlers: config.error_handlers.clone(),
        stopping: CancellationToken::new(),
        requests: Arc::new(AtomicU64::new(1)),
        dependencies: Arc::new(AppDependencies::new(app_plan)),
    };
    let state = Arc::new(AppState::new(runner, shared));
    state.runner.set_app(Arc::clone(&state.dependencies) as Arc<dyn Any + Send + Sync>);
    // Before anything is built: if a layer panics, nothing has to be exited.
    let layered = layer(config, &state);
    AppDependencies::build(&state, given_up).await?;
    Ok(Started { state, layered })
}

/// Adds the routes that document the others, and the state that they take.
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
    resolved: Option<&'static ParamNode>,
    app_plan: &mut AppPlan,
) -> Result<Vec<CompiledRoute>, StartError> {
    let mut planner = Planner { states, overrides: &config.overrides, app: app_plan };
    planner.plan(&BUILD_AT_START, &config.build_at_start, "", &[])?;
    planner.plan(&RESOLVE, resolved.as_slice(), "", &[])?;
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

/// Errors name this instead of a route, where no route asks for a dependency.
static BUILD_AT_START: RouteNode = RouteNode { name: "App::build_at_start", ..UNFINISHED_ROUTE };
static RESOLVE: RouteNode = RouteNode { name: "App::resolve", ..UNFINISHED_ROUTE };
