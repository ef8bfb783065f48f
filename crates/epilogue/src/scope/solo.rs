//! A single dependency that an axum handler asks for. What has already run for the request is not run again.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use axum_core::response::Response;
use http::request::Parts;
use http_body_util::Either;

use super::plan::{Plan, PlanError, Planner, SlotKey};
use super::running::{drop_caught, drop_each};
use super::{Head, Scope, Site, Slot, SlotIndex, Value};
use crate::app::AppState;
use crate::body::ReplyBody;
use crate::graph::node::RouteNode;
use crate::rejection::Rejection;
use crate::response::{Failure, Panicked};
use crate::server::Link;
use crate::tasks::BackgroundTasks;

/// The plan of one dependency.
pub(crate) struct SoloPlan {
    /// An app with one route, which takes this dependency and nothing else.
    pub(crate) app: Arc<AppState>,
    /// The keys by which the plans of a request recognise each other's steps. A step that runs for one parameter alone has none.
    pub(crate) keys: Vec<Option<SlotKey>>,
}

impl Planner<'_> {
    /// The plan of an axum handler that takes one dependency.
    pub(crate) fn plan_solo(
        &mut self,
        handler: &'static RouteNode,
    ) -> Result<(Plan, Vec<Option<SlotKey>>), PlanError> {
        let (plan, slots) = self.plan_with_keys(handler, &[], "", &[])?;
        let mut keys = vec![None; plan.steps.len()];
        for (key, slot) in slots {
            keys[slot] = Some(key);
        }
        Ok((plan, keys))
    }
}

/// A request whose handler asks for one dependency after another.
pub(crate) struct Solo {
    scope: Scope,
    /// The results of the dependencies that run once per request. They are few, so a list is quicker than a map.
    known: Vec<(SlotKey, Known)>,
    /// The first panic of a dependency. It ends the request, whatever the handler makes of the rejection.
    panicked: Option<Panicked>,
}

#[derive(Clone)]
enum Known {
    Output(Value),
    Failed(Rejection),
}

impl SoloPlan {
    fn plan(&self) -> &Plan {
        &self.app.routes[0].plan
    }

    /// Whether a request that has taken the dependency may owe tasks or an exit.
    pub(crate) fn leaves_something(&self) -> bool {
        self.plan().has_tasks || self.plan().has_exits
    }

    /// Whether it may owe them after its reply.
    pub(crate) fn needs_place(&self) -> bool {
        self.plan().has_tasks || self.plan().exits_late
    }

    fn site(&self) -> &Site {
        &self.plan().own[0]
    }
}

impl Solo {
    /// A request whose handler has the body, and lends the head. These parts are what is kept of it.
    pub(crate) fn new(app: Arc<AppState>, parts: Parts, tasks: BackgroundTasks) -> Self {
        let mut scope = Scope::without_body(app, tasks.origin().id, parts);
        scope.tasks = Some(tasks);
        Self { scope, known: Vec::new(), panicked: None }
    }

    /// Keeps this head in place of the one that it was made with.
    pub(crate) fn keep_head(&mut self, parts: Parts) {
        self.scope.parts = Head::Owned(parts);
    }

    /// The output of the plan's dependency, which sees this head.
    pub(crate) async fn ask(&mut self, solo: &SoloPlan, head: &mut Parts) -> Result<Value, Rejection> {
        self.scope.swap_parts(head);
        let lent = Lent { solo: self, head };
        lent.solo.ask_with_head(solo).await
    }

    async fn ask_with_head(&mut self, solo: &SoloPlan) -> Result<Value, Rejection> {
        self.scope.app = Arc::clone(&solo.app);
        drop_each(self.scope.slots.drain(..));
        // They may be left from a call that was dropped before its end.
        self.scope.errors = None;
        let ended = self.run(solo).await.err().or_else(|| {
            let errors = self.scope.take_errors_of_steps();
            (!errors.is_empty()).then(|| Rejection::without_duplicates(errors))
        });
        match ended {
            Some(rejection) => {
                self.remember_failed(solo, &rejection);
                Err(rejection)
            }
            None => self.scope.dependency(solo.site()),
        }
    }

    /// The result of a step, if it is one that runs once per request and has run.
    fn known(&self, solo: &SoloPlan, index: usize) -> Option<&Known> {
        let own = solo.keys[index].as_ref()?;
        self.known.iter().find(|(key, _)| key == own).map(|(_, known)| known)
    }

    async fn run(&mut self, solo: &SoloPlan) -> Result<(), Rejection> {
        let steps = &solo.plan().steps;
        let needed = self.needed(solo);
        for (index, step) in steps.iter().enumerate() {
            let slot = match self.known(solo, index).cloned() {
                _ if !needed[index] => Slot::Empty,
                Some(Known::Output(value)) => Slot::Shared(value),
                Some(Known::Failed(rejection)) if step.vital => return Err(rejection),
                Some(Known::Failed(rejection)) => Slot::Failed(rejection),
                None => {
                    let ended = self.scope.run_in_order(&steps[..=index]).await;
                    ended.map_err(|failure| self.rejection(failure))?;
                    // Noted at once, since this future may be dropped while a later step is awaited.
                    let known = match &self.scope.slots[index] {
                        Slot::Shared(value) => Some(Known::Output(Arc::clone(value))),
                        Slot::Failed(rejection) if !step.vital => Some(Known::Failed(rejection.clone())),
                        _ => None,
                    };
                    if let (Some(key), Some(known)) = (&solo.keys[index], known) {
                        self.known.push((key.clone(), known));
                    }
                    continue;
                }
            };
            self.scope.slots.push(slot);
        }
        Ok(())
    }

    fn rejection(&mut self, failure: Failure) -> Rejection {
        if let Failure::Panicked(panic) = &failure {
            self.panicked.get_or_insert_with(|| panic.clone());
        }
        Rejection::of_failure(failure)
    }

    /// Which steps are needed for what the request does not have yet. In a plan, a step comes after those that it needs.
    fn needed(&self, solo: &SoloPlan) -> Vec<bool> {
        let steps = &solo.plan().steps;
        let mut needed = vec![false; steps.len()];
        if let SlotIndex::Request(own) = solo.site().slot {
            needed[own] = true;
        }
        for index in (0..steps.len()).rev() {
            if needed[index] && self.known(solo, index).is_none() {
                for site in &steps[index].sites {
                    if let SlotIndex::Request(below) = site.slot {
                        needed[below] = true;
                    }
                }
            }
        }
        needed
    }

    /// Keeps the rejection for the steps that have failed, so that they are not run again.
    fn remember_failed(&mut self, solo: &SoloPlan, rejection: &Rejection) {
        let slots = &self.scope.slots;
        for (index, step) in solo.plan().steps.iter().enumerate() {
            let failed = match slots.get(index) {
                Some(slot) => step.vital && matches!(slot, Slot::Failed(_)),
                // The step that ended the run; those after it have not run.
                None => index == slots.len(),
            };
            if let (Some(key), true, None) = (&solo.keys[index], failed, self.known(solo, index)) {
                self.known.push((key.clone(), Known::Failed(rejection.clone())));
            }
        }
    }

    /// Makes the reply out of the handler's result, with all that follows the reply.
    pub(crate) async fn finish(
        &mut self,
        result: Result<Response, Failure>,
        link: Link,
    ) -> http::Response<ReplyBody> {
        self.scope.link = Some(link);
        let mut result = result.map(|response| response.map(Either::Right));
        if let Some(panic) = self.panicked.take() {
            drop_caught(std::mem::replace(&mut result, Err(Failure::Panicked(panic))));
        }
        let result = if self.scope.must_leave() { self.scope.leave_functions(result).await } else { result };
        drop_each(self.known.drain(..));
        self.scope.finish(result)
    }
}

/// A handler's head while a dependency runs. The run may be dropped before its end.
struct Lent<'a> {
    solo: &'a mut Solo,
    head: &'a mut Parts,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.solo.scope.swap_parts(self.head);
    }
}

/// The client may have left before the handler had replied.
impl Drop for Solo {
    fn drop(&mut self) {
        drop_each(self.known.drain(..));
    }
}

/// The plans made so far, by dependency.
pub(crate) type SoloPlans = HashMap<TypeId, Arc<SoloPlan>>;
