//! A plan while it is being laid out: the graph of a route is walked depth first, and each dependency becomes a step.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{AppStep, MakeValue, Override, Plan, PlanError, Planner, Site, SlotIndex, Step, StepRun};
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, Need, ParamNode, RouteNode, Sharing, Source};
use crate::scope::concurrent::Group;
use crate::security::SecurityScopes;

/// A route while its plan is being laid out.
pub(super) struct Draft<'a, 'b> {
    planner: &'a mut Planner<'b>,
    pub(super) route: &'static RouteNode,
    pub(super) path: &'a str,
    pub(super) segments: &'a [String],
    pub(super) plan: Plan,
    /// The positions of the steps that run once per request.
    pub(super) slots: HashMap<SlotKey, usize>,
    /// The scopes that the parameters along the chain require, the path function's first.
    scopes: Vec<&'static str>,
    /// Which dependencies ask for the scopes, themselves or through others.
    scoped: HashMap<TypeId, bool>,
    /// For each slot, the dependency in or below it that is exited before the reply, if there is one.
    early: HashMap<usize, &'static str>,
    bodies: JsonBodies,
    /// The names of the parameters that lead from the route to the one that is laid out.
    chain: Vec<&'static str>,
    /// The dependencies along the chain, to find cycles: the compiler has ruled them out, but overrides can bring them back.
    above: Vec<TypeId>,
    /// The overrides along the chain, and what each stands in for.
    overridden: Vec<[&'static str; 2]>,
    /// Below a concurrent function.
    in_concurrent: bool,
    /// Below an app-scoped dependency, for which there is no request.
    pub(super) in_app: bool,
}

/// What runs once per request: a dependency, for each set of scopes if it asks for them. FastAPI goes further: it runs a dependency that
/// asks for none again if only its parameter requires some. Here such a dependency still runs once per request.
pub(in crate::scope) type SlotKey = (TypeId, Vec<&'static str>);

impl<'a, 'b> Draft<'a, 'b> {
    pub(super) fn new(
        planner: &'a mut Planner<'b>,
        route: &'static RouteNode,
        path: &'a str,
        segments: &'a [String],
    ) -> Self {
        Self {
            planner,
            route,
            path,
            segments,
            plan: Plan::default(),
            slots: HashMap::new(),
            scopes: Vec::new(),
            scoped: HashMap::new(),
            early: HashMap::new(),
            bodies: JsonBodies::default(),
            chain: Vec::new(),
            above: Vec::new(),
            overridden: Vec::new(),
            in_concurrent: false,
            in_app: false,
        }
    }

    /// Finds where a parameter's value will be, or lays out the step that makes it. The request needs it if nothing on the way to it is
    /// optional.
    pub(super) fn site(&mut self, param: &'static ParamNode, need: Need) -> Result<Site, PlanError> {
        self.chain.push(param.name);
        self.check(param)?;
        let slot = match param.source {
            Source::Dependency { node: None, .. } => {
                return Err(PlanError::TooDeep { route: self.route.name, at: param.at, chain: self.chain() });
            }
            Source::Dependency { node: Some(node), sharing, need: own, .. } => {
                let need = if need == Need::Required { own } else { need };
                self.with_scopes(node, param, sharing, need)?
            }
            Source::Extract(run) | Source::Security { run, .. } => {
                if param.takes_stream {
                    self.take_stream(param)?;
                }
                SlotIndex::Request(self.push(Step {
                    name: param.name,
                    run: StepRun::Function(run),
                    sites: Box::new([Site::new(param, SlotIndex::None)]),
                    exit: None,
                    scope: DependencyScope::Request,
                    vital: need == Need::Required,
                }))
            }
            Source::State { id, name } => self.state(param, id, name)?,
            Source::Json(_) => {
                self.read_json(param)?;
                SlotIndex::None
            }
            Source::Form | Source::File { .. } => {
                self.plan.files_in_memory |= matches!(param.source, Source::File { in_memory: true });
                self.plan.reads_form = true;
                self.read_body(param)?;
                SlotIndex::None
            }
            Source::RawBody => {
                self.plan.reads_whole = true;
                self.read_body(param)?;
                SlotIndex::None
            }
            Source::Tasks => {
                self.plan.has_tasks = true;
                SlotIndex::None
            }
            // Outside a request, no scopes are required of anybody.
            Source::SecurityScopes if self.in_app => SlotIndex::None,
            Source::SecurityScopes => {
                self.plan.scopes.push(SecurityScopes::new(&self.scopes));
                SlotIndex::Scopes(self.plan.scopes.len() - 1)
            }
            Source::Value(_) | Source::Reply | Source::Request => SlotIndex::None,
        };
        self.chain.pop();
        Ok(Site::new(param, slot))
    }

    /// A dependency under the scopes that its parameter requires in addition to those of the chain.
    fn with_scopes(
        &mut self,
        node: &'static DependencyNode,
        param: &'static ParamNode,
        sharing: Sharing,
        need: Need,
    ) -> Result<SlotIndex, PlanError> {
        let (above, overridden) = (self.scopes.len(), self.overridden.len());
        for scope in param.options.scopes {
            if !self.scopes.contains(scope) {
                self.scopes.push(scope);
            }
        }
        let slot = self.dependency(node, param, sharing, need)?;
        self.scopes.truncate(above);
        self.overridden.truncate(overridden);
        Ok(slot)
    }

    fn state(
        &self,
        param: &ParamNode,
        id: TypeId,
        name: fn() -> &'static str,
    ) -> Result<SlotIndex, PlanError> {
        let found = self.planner.states.iter().position(|(state, _)| *state == id);
        found.map(SlotIndex::State).ok_or_else(|| PlanError::MissingState {
            route: self.route.name,
            at: param.at,
            state: name(),
            chain: self.chain(),
        })
    }

    /// Finds the step of a dependency, or lays it out.
    fn dependency(
        &mut self,
        asked: &'static DependencyNode,
        param: &'static ParamNode,
        sharing: Sharing,
        need: Need,
    ) -> Result<SlotIndex, PlanError> {
        let (node, value) = match self.planner.overrides.get(&asked.id) {
            None => (asked, None),
            Some(Override::Dependency(other)) => {
                self.overridden.push([other.name, asked.name]);
                (*other, None)
            }
            Some(Override::Value(value)) => (asked, Some(Arc::clone(value))),
        };
        if self.above.contains(&node.id) {
            return Err(PlanError::OverrideCycle {
                stand_in: self.stand_in(),
                route: self.route.name,
                at: param.at,
                chain: self.chain(),
            });
        }
        if self.in_app || [asked, node].iter().any(|node| node.scope == DependencyScope::App) {
            let slot = self.app_dependency(node, value)?;
            // Tasks and tests look it up by the type that they know, whatever stands in for it.
            self.planner.app.slots.insert(asked.id, slot);
            return Ok(SlotIndex::App(slot));
        }
        let key = self.slot_key(node, value.is_some());
        if sharing == Sharing::Shared
            && let Some(&slot) = self.slots.get(&key)
        {
            if need == Need::Required {
                self.make_vital(slot);
            }
            return Ok(SlotIndex::Request(slot));
        }
        let step = self.step(node, value, need)?;
        let (has_exit, early) = (step.exit.is_some(), self.early(&step));
        let slot = self.push(step);
        let exits_late = has_exit && node.scope == DependencyScope::Request;
        self.plan.has_exits |= has_exit;
        self.plan.exits_late |= exits_late;
        if let Some(early) = early {
            if exits_late {
                return Err(PlanError::ExitedEarly {
                    route: self.route.name,
                    at: param.at,
                    early,
                    late: node.name,
                    chain: self.chain(),
                });
            }
            self.early.insert(slot, early);
        }
        if sharing == Sharing::Shared {
            self.slots.insert(key, slot);
        }
        Ok(SlotIndex::Request(slot))
    }

    /// The step that makes a dependency's output, after the steps of all that it takes. A value that stands in for it takes nothing.
    fn step(
        &mut self,
        node: &'static DependencyNode,
        value: Option<MakeValue>,
        need: Need,
    ) -> Result<Step, PlanError> {
        let (run, sites, exit) = if let Some(value) = value {
            (StepRun::Replaced(value), Box::default(), None)
        } else {
            self.above.push(node.id);
            let sites = self.params(node.params, node.concurrent, need)?;
            self.above.pop();
            (StepRun::Function(node.run), sites, node.exit)
        };
        Ok(Step { name: node.name, run, sites, exit, scope: node.scope, vital: need == Need::Required })
    }

    /// The dependency that is exited before the reply, if this step is one or is made from one.
    fn early(&self, step: &Step) -> Option<&'static str> {
        if step.scope == DependencyScope::Function && step.exit.is_some() {
            return Some(step.name);
        }
        step.sites.iter().find_map(|site| match site.slot {
            SlotIndex::Request(slot) => self.early.get(&slot).copied(),
            _ => None,
        })
    }

    /// The scopes of the chain count only where somebody asks for them; their order does not.
    fn slot_key(&mut self, node: &'static DependencyNode, is_value: bool) -> SlotKey {
        if self.scopes.is_empty() || is_value || !self.asks_for_scopes(node) {
            return (node.id, Vec::new());
        }
        let mut scopes = self.scopes.clone();
        scopes.sort_unstable();
        (node.id, scopes)
    }

    /// Whether a dependency, or one below it, asks which scopes are required.
    fn asks_for_scopes(&mut self, node: &'static DependencyNode) -> bool {
        if let Some(&known) = self.scoped.get(&node.id) {
            return known;
        }
        self.scoped.insert(node.id, false);
        let asks = node.params.iter().any(|param| match param.source {
            Source::SecurityScopes => true,
            Source::Dependency { node: Some(below), .. } => match self.planner.overrides.get(&below.id) {
                None => self.asks_for_scopes(below),
                Some(Override::Dependency(other)) => self.asks_for_scopes(other),
                Some(Override::Value(_)) => false,
            },
            _ => false,
        });
        self.scoped.insert(node.id, asks);
        asks
    }

    /// Adds an app-scoped dependency to those that the start builds, unless it is among them. What stands in for one is one.
    fn app_dependency(
        &mut self,
        node: &'static DependencyNode,
        value: Option<MakeValue>,
    ) -> Result<usize, PlanError> {
        if let Some(&slot) = self.planner.app.slots.get(&node.id) {
            return Ok(slot);
        }
        let outer = std::mem::replace(&mut self.in_app, true);
        let step = self.step(node, value, Need::Required)?;
        self.in_app = outer;
        let RouteNode { name, at, .. } = self.route;
        // A route that we make up ourselves has no line.
        let at = if at.file.is_empty() { String::new() } else { format!(" ({at})") };
        let wanted_by = format!("`{name}`{at} needs through {}", self.chain());
        let app = &mut *self.planner.app;
        let slot = app.steps.len();
        app.steps.push(AppStep { step, wanted_by });
        app.slots.insert(node.id, slot);
        Ok(slot)
    }

    /// The parameters of one function. Those of a concurrent function run at the same time. What is below them runs in order, even if it
    /// is marked `concurrent` itself.
    pub(super) fn params(
        &mut self,
        params: &'static [ParamNode],
        concurrent: bool,
        need: Need,
    ) -> Result<Box<[Site]>, PlanError> {
        if !concurrent || self.in_concurrent {
            return params.iter().map(|param| self.site(param, need)).collect();
        }
        self.in_concurrent = true;
        let mut branches = Vec::new();
        let sites = params
            .iter()
            .map(|param| {
                let start = self.plan.steps.len();
                let site = self.site(param, need);
                branches.push(start..self.plan.steps.len());
                site
            })
            .collect();
        self.in_concurrent = false;
        branches.retain(|steps| !steps.is_empty());
        if branches.len() > 1 {
            self.plan.concurrent.push(Group { branches });
        }
        sites
    }

    fn push(&mut self, step: Step) -> usize {
        self.plan.steps.push(step);
        self.plan.steps.len() - 1
    }

    /// A dependency that was laid out for an optional parameter is now required by another, and so is all that it requires.
    fn make_vital(&mut self, slot: usize) {
        if std::mem::replace(&mut self.plan.steps[slot].vital, true) {
            return;
        }
        for site in self.plan.steps[slot].sites.clone() {
            let required = match site.node.source {
                Source::Dependency { need, .. } => need == Need::Required,
                _ => true,
            };
            if let (SlotIndex::Request(below), true) = (site.slot, required) {
                self.make_vital(below);
            }
        }
    }

    fn take_stream(&mut self, param: &'static ParamNode) -> Result<(), PlanError> {
        if self.plan.reads_body || self.plan.takes_stream {
            return Err(self.body_twice(param));
        }
        self.plan.takes_stream = true;
        Ok(())
    }

    fn read_json(&mut self, param: &'static ParamNode) -> Result<(), PlanError> {
        self.bodies.add(param);
        self.plan.reads_json = true;
        self.plan.reads_whole = true;
        self.read_body(param)
    }

    fn read_body(&mut self, param: &'static ParamNode) -> Result<(), PlanError> {
        if self.plan.takes_stream {
            return Err(self.body_twice(param));
        }
        self.plan.reads_body = true;
        Ok(())
    }

    fn body_twice(&self, param: &'static ParamNode) -> PlanError {
        PlanError::BodyTwice { route: self.route.name, at: param.at, chain: self.chain() }
    }

    /// Names the override that is to blame: without overrides, the compiler has found no mistake here.
    pub(super) fn stand_in(&self) -> String {
        match self.overridden.last() {
            Some([name, of]) => format!("the override `{name}` of `{of}`"),
            None => String::from("a dependency"),
        }
    }

    pub(super) fn chain(&self) -> String {
        format!("`{}`", self.chain.join("` -> `"))
    }

    /// Whether each JSON body stands under its name. Overrides do not move the bodies of a route that has any.
    pub(super) fn embeds_bodies(&self, outer: &[&'static ParamNode]) -> bool {
        let mut written = JsonBodies::default();
        let mut seen = HashSet::new();
        for param in outer.iter().copied().chain(self.route.dependencies).chain(self.route.params) {
            written.add_below(param, &mut seen);
        }
        let bodies = if written.names.is_empty() { &self.bodies } else { &written };
        bodies.embed || bodies.names.len() > 1
    }
}

/// The JSON bodies that a route reads.
#[derive(Default)]
struct JsonBodies {
    names: Vec<&'static str>,
    /// One of them says that it stands under its name.
    embed: bool,
}

impl JsonBodies {
    fn add(&mut self, param: &ParamNode) {
        if !self.names.contains(&param.key) {
            self.names.push(param.key);
        }
        self.embed |= param.options.embed;
    }

    /// The body that a parameter is, or those of the dependency that it is for, as that is written.
    fn add_below(&mut self, param: &ParamNode, seen: &mut HashSet<TypeId>) {
        match param.source {
            Source::Json(_) => self.add(param),
            Source::Dependency { node: Some(node), .. } if seen.insert(node.id) => {
                node.params.iter().for_each(|param| self.add_below(param, seen));
            }
            _ => {}
        }
    }
}
