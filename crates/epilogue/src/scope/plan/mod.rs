//! The plan of a route: its graph laid out flat, in the order in which its dependencies run. It is made once, when the app
//! starts; a request follows it step by step and looks every value up by its position.

mod checks;
mod draft;
mod error;
mod site;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) use draft::SlotKey;
pub use error::PlanError;
pub use site::Site;
pub(super) use site::SlotIndex;

use self::draft::Draft;
use super::concurrent::Group;
use super::{RunExit, RunStep, Value};
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, Need, ParamNode, RouteNode};
use crate::security::SecurityScopes;

/// What a request to a route does before its path function runs.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about a route, no states of one machine")]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Which of the steps run at the same time, in order.
    pub(crate) concurrent: Vec<Group>,
    /// The path function's own parameters.
    pub(crate) own: Box<[Site]>,
    /// Something reads the body, so it is read before anything runs.
    pub(crate) reads_body: bool,
    /// Something reads it as JSON, so a body that is not JSON ends the request before anything runs.
    pub(crate) reads_json: bool,
    /// Something reads it as a form, which may be a multipart one.
    pub(crate) reads_form: bool,
    /// Something reads all of it, whatever its type.
    pub(crate) reads_whole: bool,
    /// The route as written has several JSON bodies, or one with `embed`: each stands under its name.
    pub(crate) embed_bodies: bool,
    /// Files are wanted as bytes.
    pub(crate) files_in_memory: bool,
    /// An extractor takes the body unread.
    pub(crate) takes_stream: bool,
    pub(crate) has_tasks: bool,
    pub(crate) has_exits: bool,
    /// One of the exits runs after the reply.
    pub(crate) exits_late: bool,
    /// What each `SecurityScopes` parameter gets.
    pub(crate) scopes: Vec<SecurityScopes>,
}

impl Plan {
    fn mark_last_readers(&mut self) {
        // Where steps run at the same time, it is not known which of them reads last.
        if !self.concurrent.is_empty() {
            return;
        }
        let mut is_read = vec![false; self.steps.len()];
        let of_steps = self.steps.iter_mut().rev().flat_map(|step| step.sites.iter_mut().rev());
        for site in self.own.iter_mut().rev().chain(of_steps) {
            if let SlotIndex::Request(slot) = site.slot {
                site.is_last = !std::mem::replace(&mut is_read[slot], true);
            }
        }
    }
}

/// One dependency or extractor of a plan. Its position is its slot.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: StepRun,
    pub(crate) sites: Box<[Site]>,
    pub(crate) exit: Option<RunExit>,
    pub(crate) scope: DependencyScope,
    /// If it fails, so does the request: some chain of required parameters leads here.
    pub(crate) vital: bool,
}

/// What a step runs.
#[derive(Clone)]
pub(crate) enum StepRun {
    Function(RunStep),
    /// A value that stands in for the dependency.
    Replaced(MakeValue),
}

/// What stands in for a dependency.
#[derive(Clone)]
pub(crate) enum Override {
    Value(MakeValue),
    Dependency(&'static DependencyNode),
}

type MakeValue = Arc<dyn Fn() -> Value + Send + Sync>;

/// Lays out the plans of one app.
pub(crate) struct Planner<'a> {
    pub(crate) states: &'a [(TypeId, Value)],
    pub(crate) overrides: &'a HashMap<TypeId, Override>,
    /// The app-scoped dependencies, collected while plans are made. Each comes after those that it needs.
    pub(crate) app: &'a mut AppPlan,
}

/// The app-scoped dependencies in the order in which they are built.
#[derive(Default)]
pub(crate) struct AppPlan {
    pub(crate) steps: Vec<AppStep>,
    pub(crate) slots: HashMap<TypeId, usize>,
}

/// One of them.
pub(crate) struct AppStep {
    pub(crate) step: Step,
    /// The route that needs it, and the chain of parameters that led to it first.
    pub(crate) wanted_by: String,
}

impl AppStep {
    /// The positions of the app-scoped dependencies that it takes.
    pub(crate) fn needs(&self) -> impl Iterator<Item = usize> {
        self.step.sites.iter().filter_map(|site| match site.slot {
            SlotIndex::App(slot) => Some(slot),
            _ => None,
        })
    }
}

impl Planner<'_> {
    /// The plan of a route under its whole path. The dependencies of the app and of its routers come before its own.
    pub(crate) fn plan(
        &mut self,
        route: &'static RouteNode,
        outer: &[&'static ParamNode],
        path: &str,
        segments: &[String],
    ) -> Result<Plan, PlanError> {
        let (mut plan, _) = self.plan_with_keys(route, outer, path, segments)?;
        plan.mark_last_readers();
        Ok(plan)
    }

    /// The same, with the key of each step that runs once per request, and its position.
    pub(super) fn plan_with_keys(
        &mut self,
        route: &'static RouteNode,
        outer: &[&'static ParamNode],
        path: &str,
        segments: &[String],
    ) -> Result<(Plan, HashMap<SlotKey, usize>), PlanError> {
        let mut draft = Draft::new(self, route, path, segments);
        for dependency in outer.iter().copied().chain(route.dependencies) {
            draft.site(dependency, Need::Required)?;
        }
        draft.plan.own = draft.params(route.params, route.concurrent, Need::Required)?;
        draft.plan.embed_bodies = draft.embeds_bodies(outer);
        Ok((draft.plan, draft.slots))
    }
}
