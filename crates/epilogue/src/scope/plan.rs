//! The plan of a route: its graph laid out flat, in the order in which its dependencies run. It is made once, when the app
//! starts; a request follows it step by step and looks every value up by its position.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::concurrent::Group;
use super::plan_error::PlanError;
use super::{RunExit, RunStep, Site, SlotIndex, Value};
use crate::decode::Shape;
#[cfg(feature = "pattern")]
use crate::decode::compiled;
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, Need, ParamNode, RouteNode, Sharing, Source};
#[cfg(feature = "pattern")]
use crate::param::ParamOptions;
use crate::rejection::Place;
use crate::security::SecurityScopes;

/// What a request to a route does before its path function runs.
#[derive(Debug, Default)]
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
#[derive(Debug)]
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
    Replaced(Arc<dyn Fn() -> Value + Send + Sync>),
}

impl std::fmt::Debug for StepRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Function(_) => "Function",
            Self::Replaced(_) => "Replaced",
        })
    }
}

/// What stands in for a dependency.
#[derive(Clone)]
pub(crate) enum Override {
    Value(Arc<dyn Fn() -> Value + Send + Sync>),
    Dependency(&'static DependencyNode),
}

/// Lays out the plans of one app.
pub(crate) struct Planner<'a> {
    pub(crate) states: &'a [(TypeId, Value)],
    pub(crate) overrides: &'a HashMap<TypeId, Override>,
    /// The app-scoped dependencies, collected while plans are made. Each comes after those that it needs.
    pub(crate) app: &'a mut AppPlan,
}

/// The app-scoped dependencies in the order in which they are built.
#[derive(Debug, Default)]
pub(crate) struct AppPlan {
    pub(crate) steps: Vec<AppStep>,
    pub(crate) slots: HashMap<TypeId, usize>,
}

/// One of them.
#[derive(Debug)]
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

/// A route while its plan is being laid out.
struct Draft<'a, 'b> {
    planner: &'a mut Planner<'b>,
    route: &'static RouteNode,
    path: &'a str,
    segments: &'a [String],
    plan: Plan,
    slots: HashMap<SlotKey, usize>,
    /// The scopes that the parameters along the chain require, the path function's first.
    scopes: Vec<&'static str>,
    /// Which dependencies ask for the scopes, themselves or through others.
    scoped: HashMap<TypeId, bool>,
    /// For each slot, the dependency in or below it that is exited before the reply, if there is one.
    early: HashMap<usize, &'static str>,
    bodies: JsonBodies,
    chain: Vec<&'static str>,
    /// The dependencies along the chain, to find cycles: the compiler has ruled them out, but overrides can bring them back.
    above: Vec<TypeId>,
    /// The overrides along the chain, and what each stands in for.
    overridden: Vec<[&'static str; 2]>,
    in_concurrent: bool,
}

/// What runs once per request: a dependency, for each set of scopes if it asks for them. FastAPI goes further: it runs a dependency that
/// asks for none again if only its parameter requires some. Here such a dependency still runs once per request.
pub(super) type SlotKey = (TypeId, Vec<&'static str>);

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
        let mut draft = Draft {
            planner: self,
            route,
            path,
            segments,
            plan: Plan::default(),
            slots: HashMap::new(),
            scopes: Vec::new(),
            scoped: HashMap::new(),
            bodies: JsonBodies::default(),
            early: HashMap::new(),
            chain: Vec::new(),
            above: Vec::new(),
            overridden: Vec::new(),
            in_concurrent: false,
        };
        for dependency in outer.iter().copied().chain(route.dependencies) {
            draft.site(dependency, true, false)?;
        }
        draft.plan.own = draft.params(route.params, route.concurrent, true, false)?;
        // Overrides do not move the bodies of a route that has any.
        let mut bodies = JsonBodies::default();
        if !draft.planner.overrides.is_empty() {
            let written = outer.iter().copied().chain(route.dependencies).chain(route.params);
            let mut seen = HashSet::new();
            written.for_each(|param| bodies.add_below(param, &mut seen));
        }
        let bodies = if bodies.names.is_empty() { &draft.bodies } else { &bodies };
        draft.plan.embed_bodies = bodies.embed || bodies.names.len() > 1;
        Ok((draft.plan, draft.slots))
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

/// Whether an app-scoped dependency may take this parameter: it may not be anything of a request.
fn may_stand_in_app(param: &ParamNode) -> bool {
    matches!(param.source, Source::Dependency { .. } | Source::State { .. } | Source::SecurityScopes)
}

impl Draft<'_, '_> {
    /// Finds where a parameter's value will be, or lays out the step that makes it.
    fn site(&mut self, param: &'static ParamNode, vital: bool, in_app: bool) -> Result<Site, PlanError> {
        self.chain.push(param.name);
        self.check_alias(param)?;
        self.check_fields(param)?;
        if in_app && !may_stand_in_app(param) {
            return Err(PlanError::NotInApp {
                stand_in: self.stand_in(),
                route: self.route.name,
                at: param.at,
                chain: self.chain(),
            });
        }
        #[cfg(feature = "pattern")]
        self.compile_patterns(param, &param.options)?;
        let slot = match param.source {
            Source::Dependency { node: None, .. } => {
                return Err(PlanError::TooDeep { route: self.route.name, at: param.at, chain: self.chain() });
            }
            Source::Dependency { node: Some(node), sharing, need, .. } => {
                self.with_scopes(node, param, sharing, vital && need == Need::Required, in_app)?
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
                    vital,
                }))
            }
            Source::State { id, name } => self.state(param, id, name)?,
            Source::Value(Place::Path) => {
                self.check_segment(param)?;
                SlotIndex::None
            }
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
            Source::SecurityScopes if in_app => SlotIndex::None,
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
        vital: bool,
        in_app: bool,
    ) -> Result<SlotIndex, PlanError> {
        let (above, overridden) = (self.scopes.len(), self.overridden.len());
        for scope in param.options.scopes {
            if !self.scopes.contains(scope) {
                self.scopes.push(scope);
            }
        }
        let slot = self.dependency(node, param, sharing, vital, in_app)?;
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

    /// What takes a place as a whole is looked up by no name. In a JSON body that others share it would be, so there it is left alone.
    fn check_alias(&self, param: &ParamNode) -> Result<(), PlanError> {
        let (Some(alias), Some(reads)) = (param.options.alias, param.reads) else { return Ok(()) };
        let reads = match (param.source, (reads.shape)()) {
            (Source::Value(_) | Source::Form, Shape::Struct(names)) => format!("`{}`", names.join("`, `")),
            (Source::Value(_) | Source::Form, Shape::Map) => String::from("whatever is sent"),
            (Source::Value(Place::Path), Shape::List | Shape::Tuple(_)) => {
                String::from("all segments in order")
            }
            _ => return Ok(()),
        };
        Err(PlanError::UnusedAlias {
            route: self.route.name,
            at: param.at,
            alias,
            reads,
            chain: self.chain(),
        })
    }

    /// A limit under a name that is not read would be no limit at all.
    fn check_fields(&self, param: &ParamNode) -> Result<(), PlanError> {
        let (limited, Some(reads)) = (param.options.fields, param.reads) else { return Ok(()) };
        if limited.is_empty() {
            return Ok(());
        }
        let names = match (reads.shape)() {
            Shape::Struct(names) => names,
            Shape::Value | Shape::List | Shape::Tuple(_) => &[],
            // What it reads is known only when it is read.
            Shape::Map | Shape::Any => return Ok(()),
        };
        let (route, at, chain) = (self.route.name, param.at, self.chain());
        if let Some((field, _)) = limited.iter().find(|(field, _)| !names.contains(field)) {
            let known = match names {
                [] => String::from("its type reads no fields"),
                names => format!("there are `{}`", names.join("`, `")),
            };
            return Err(PlanError::UnknownField { route, at, field, known, chain });
        }
        let is_limited = |name: &str| limited.iter().any(|(field, _)| *field == name);
        for &other in names.iter().filter(|name| !is_limited(name)) {
            if let Some((field, _)) = limited.iter().find(|(field, _)| (reads.is_one_field)([field, other])) {
                return Err(PlanError::UnlimitedName { route, at, field, other, chain });
            }
        }
        Ok(())
    }

    fn check_segment(&self, param: &ParamNode) -> Result<(), PlanError> {
        let missing = match param.reads.map(|reads| (reads, (reads.shape)())) {
            _ if param.scalar => {
                (!self.segments.iter().any(|segment| segment == param.key)).then(|| param.key.to_owned())
            }
            Some((reads, Shape::Value | Shape::Struct(_))) => (reads.missing)(param.key, self.segments),
            Some((_, Shape::Tuple(parts))) if parts != self.segments.len() => {
                let (route, at, path) = (self.route.name, param.at, self.path.to_owned());
                return Err(PlanError::SegmentCount { route, at, parts, path, chain: self.chain() });
            }
            // What other types miss may depend on what the segments hold.
            _ => None,
        };
        missing.map_or(Ok(()), |name| {
            let (route, at, path) = (self.route.name, param.at, self.path.to_owned());
            Err(PlanError::MissingSegment { route, at, name, path, chain: self.chain() })
        })
    }

    fn dependency(
        &mut self,
        node: &'static DependencyNode,
        param: &'static ParamNode,
        sharing: Sharing,
        vital: bool,
        in_app: bool,
    ) -> Result<SlotIndex, PlanError> {
        let asked = node;
        let (node, run) = match self.planner.overrides.get(&asked.id) {
            None => (node, None),
            Some(Override::Dependency(other)) => {
                self.overridden.push([other.name, asked.name]);
                (*other, None)
            }
            Some(Override::Value(value)) => (node, Some(StepRun::Replaced(Arc::clone(value)))),
        };
        if self.above.contains(&node.id) {
            return Err(PlanError::OverrideCycle {
                stand_in: self.stand_in(),
                route: self.route.name,
                at: param.at,
                chain: self.chain(),
            });
        }
        if in_app || [asked, node].iter().any(|node| node.scope == DependencyScope::App) {
            let slot = self.app_dependency(node, run)?;
            // Tasks and tests look it up by the type that they know, whatever stands in for it.
            self.planner.app.slots.insert(asked.id, slot);
            return Ok(SlotIndex::App(slot));
        }
        let key = self.slot_key(node, run.is_some());
        if sharing == Sharing::Shared
            && let Some(&slot) = self.slots.get(&key)
        {
            if vital {
                self.make_vital(slot);
            }
            return Ok(SlotIndex::Request(slot));
        }
        let (sites, exit) = match run {
            Some(_) => (Box::default(), None),
            None => (self.sites(node, vital, false)?, node.exit),
        };
        self.plan.has_exits |= exit.is_some();
        let early = self.early(node, exit.is_some(), &sites);
        if let Some(early) = early
            && exit.is_some()
            && node.scope == DependencyScope::Request
        {
            return Err(PlanError::ExitedEarly {
                route: self.route.name,
                at: param.at,
                early,
                late: node.name,
                chain: self.chain(),
            });
        }
        let slot = self.push(Step {
            name: node.name,
            run: run.unwrap_or(StepRun::Function(node.run)),
            sites,
            exit,
            scope: node.scope,
            vital,
        });
        if let Some(early) = early {
            self.early.insert(slot, early);
        }
        if sharing == Sharing::Shared {
            self.slots.insert(key, slot);
        }
        Ok(SlotIndex::Request(slot))
    }

    /// The dependency that is exited before the reply, if this is one or is made from one.
    fn early(&self, node: &DependencyNode, has_exit: bool, sites: &[Site]) -> Option<&'static str> {
        if node.scope == DependencyScope::Function && has_exit {
            return Some(node.name);
        }
        sites.iter().find_map(|site| match site.slot {
            SlotIndex::Request(slot) => self.early.get(&slot).copied(),
            _ => None,
        })
    }

    fn slot_key(&mut self, node: &'static DependencyNode, is_value: bool) -> SlotKey {
        if self.scopes.is_empty() || is_value || !self.asks_for_scopes(node) {
            return (node.id, Vec::new());
        }
        let mut scopes = self.scopes.clone();
        scopes.sort_unstable();
        (node.id, scopes)
    }

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

    fn app_dependency(
        &mut self,
        node: &'static DependencyNode,
        run: Option<StepRun>,
    ) -> Result<usize, PlanError> {
        if let Some(&slot) = self.planner.app.slots.get(&node.id) {
            return Ok(slot);
        }
        let (sites, exit) = match run {
            Some(_) => (Box::default(), None),
            None => (self.sites(node, true, true)?, node.exit),
        };
        let RouteNode { name, at, .. } = self.route;
        // A route that we make up ourselves has no line.
        let at = if at.file.is_empty() { String::new() } else { format!(" ({at})") };
        let wanted_by = format!("`{name}`{at} needs through {}", self.chain());
        let app = &mut *self.planner.app;
        let slot = app.steps.len();
        let step = Step {
            name: node.name,
            run: run.unwrap_or(StepRun::Function(node.run)),
            sites,
            exit,
            scope: DependencyScope::App,
            vital: true,
        };
        app.steps.push(AppStep { step, wanted_by });
        app.slots.insert(node.id, slot);
        Ok(slot)
    }

    fn sites(
        &mut self,
        node: &'static DependencyNode,
        vital: bool,
        in_app: bool,
    ) -> Result<Box<[Site]>, PlanError> {
        self.above.push(node.id);
        let sites = self.params(node.params, node.concurrent, vital, in_app);
        self.above.pop();
        sites
    }

    /// The parameters of one function. Those of a concurrent function run at the same time. What is below them runs in order, even if it
    /// is marked `concurrent` itself.
    fn params(
        &mut self,
        params: &'static [ParamNode],
        concurrent: bool,
        vital: bool,
        in_app: bool,
    ) -> Result<Box<[Site]>, PlanError> {
        if !concurrent || self.in_concurrent || in_app {
            return params.iter().map(|param| self.site(param, vital, in_app)).collect();
        }
        self.in_concurrent = true;
        let mut branches = Vec::new();
        let sites = params
            .iter()
            .map(|param| {
                let start = self.plan.steps.len();
                let site = self.site(param, vital, in_app);
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

    /// A macro only parses them: one that parses can still be too large.
    #[cfg(feature = "pattern")]
    fn compile_patterns(&self, param: &ParamNode, options: &'static ParamOptions) -> Result<(), PlanError> {
        if let Some(pattern) = options.pattern
            && let Err(error) = compiled(pattern)
        {
            return Err(PlanError::Pattern {
                route: self.route.name,
                at: param.at,
                pattern,
                chain: self.chain(),
                reason: error.to_string(),
            });
        }
        options.fields.iter().try_for_each(|(_, options)| self.compile_patterns(param, options))
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
    fn stand_in(&self) -> String {
        match self.overridden.last() {
            Some([name, of]) => format!("the override `{name}` of `{of}`"),
            None => String::from("a dependency"),
        }
    }

    fn chain(&self) -> String {
        format!("`{}`", self.chain.join("` -> `"))
    }
}
