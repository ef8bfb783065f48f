//! What an [`EpilogueLayer`](crate::EpilogueLayer) needs of an app: its state without routes, and plans for one dependency at a time.

use std::sync::Arc;

use super::demand::Demand;
use super::router::{SizeLimits, effect_of};
use super::state::{AppState, CompiledRoute, SharedState};
use super::{App, StartError, effect};
use crate::dependency::Dependency;
use crate::graph::node::{RouteNode, UNFINISHED_ROUTE};
use crate::scope::{AppPlan, Plan, PlanError, Planner, SoloPlan};

/// Why a dependency has no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoloError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(
        "the app-scoped dependency `{0}` was not built at the start: call `App::build_at_start` with it on the layer's app"
    )]
    NotBuilt(&'static str),
    #[error("an override of `{0}` reads the body, which belongs to the axum handler")]
    ReadsBody(&'static str),
}

/// The route that stands for every axum handler that takes no dependencies.
const AXUM_HANDLER: RouteNode = RouteNode { name: "an axum handler", ..UNFINISHED_ROUTE };

/// The one that stands for those that take a dependency.
fn taking<D: Dependency>() -> &'static RouteNode {
    &const { RouteNode { params: std::slice::from_ref(&const { effect::<D>() }), ..AXUM_HANDLER } }
}

impl App {
    /// Whether both are clones of one app.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }

    /// Refuses what would not run under a layer: it might be a guard.
    pub(crate) fn check_for_layer(&self) -> Result<(), StartError> {
        match self.config.root.dependencies.first() {
            Some(effect) => Err(StartError::EffectInLayer { dependency: effect.name }),
            None => Ok(()),
        }
    }

    /// The plan of a dependency that an axum handler takes.
    pub(crate) fn plan_solo<D: Dependency>(&self, base: &AppState) -> Result<SoloPlan, SoloError> {
        let mut app = AppPlan { slots: base.dependencies.slots.clone(), ..AppPlan::default() };
        let mut planner =
            Planner { states: &self.config.states, overrides: &self.config.overrides, app: &mut app };
        let (plan, keys) = planner.plan_solo(taking::<D>())?;
        if let Some(step) = app.steps.first() {
            return Err(SoloError::NotBuilt(step.step.name));
        }
        if plan.reads_body || plan.takes_stream {
            return Err(SoloError::ReadsBody(effect_of::<D>().name));
        }
        Ok(SoloPlan { app: Arc::new(base.with_route(taking::<D>(), plan)), keys })
    }
}

impl AppState {
    /// The same app with this route alone.
    pub(crate) fn with_route(&self, node: &'static RouteNode, plan: Plan) -> Self {
        let route = CompiledRoute {
            node,
            label: Arc::from(node.name),
            segments: Vec::new(),
            status: None,
            limits: SizeLimits::default(),
            plan,
            demand: Demand::default(),
        };
        let shared = SharedState {
            routes: vec![route],
            table: matchit::Router::new(),
            states: self.states.clone(),
            error_handlers: self.error_handlers.clone(),
            requests: Arc::clone(&self.requests),
            stopping: self.stopping.clone(),
            dependencies: Arc::clone(&self.dependencies),
        };
        Self::new(self.runner.clone(), shared)
    }

    /// The same app for axum handlers that take no dependencies.
    pub(crate) fn without_routes(&self) -> Self {
        self.with_route(&AXUM_HANDLER, Plan::default())
    }
}
