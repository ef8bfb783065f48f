use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_core::response::Response;
use http::request::Parts;
use http::{Extensions, HeaderMap, Request, header};
use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::extract::{Failed, Misplaced, broken};
use crate::App;
use crate::app::{AppState, SoloError, overloaded};
use crate::body::ReplyBody;
use crate::dependency::Dependency;
use crate::rejection::Rejection;
use crate::response::{Failure, RaisedError, written};
use crate::scope::{Solo, SoloPlan, SoloPlans, Value, drop_caught, empty_parts};
use crate::server::Link;
use crate::tasks::{NoTasks, Origin, RequestSession, RequestTasks, Runner};
use crate::testing::Probe;

/// What all requests under one layer share.
pub(super) struct Plans {
    app: App,
    base: Arc<AppState>,
    known: RwLock<SoloPlans>,
}

impl Plans {
    pub(super) fn new(app: App, base: Arc<AppState>) -> Self {
        Self { app, base, known: RwLock::default() }
    }

    /// The plan of a dependency, made at the first request that takes it.
    pub(super) fn of<D: Dependency>(&self) -> Result<Arc<SoloPlan>, SoloError> {
        let id = TypeId::of::<D>();
        if let Some(plan) = self.known.read().get(&id) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(self.app.plan_solo::<D>(&self.base)?);
        let mut known = self.known.write();
        Ok(Arc::clone(known.entry(id).or_insert(plan)))
    }

    /// Whether somebody may look at the head of a request at its end.
    fn wants_head(&self, extensions: &Extensions) -> bool {
        !self.base.error_handlers.is_empty() || extensions.get::<Probe>().is_some()
    }

    /// What is kept of a request's head for that.
    fn head_to_keep<B>(&self, request: &Request<B>) -> Parts {
        let mut head = empty_parts();
        head.version = request.version();
        if self.wants_head(request.extensions()) {
            head.method = request.method().clone();
            head.uri = request.uri().clone();
            head.headers = request.headers().clone();
            head.extensions = request.extensions().clone();
            head.extensions.remove::<RequestTasks>();
        }
        head
    }
}

/// One request under a layer. It travels in the request's extensions, with its list.
pub(super) struct Session {
    plans: Arc<Plans>,
    origin: Origin,
    /// Whether someone took the list, or a dependency that takes the list or has an exit.
    leaves_something: AtomicBool,
    /// Whether any of that may be left after the reply.
    needs_place: AtomicBool,
    /// `None` once the reply has been made. Held while a dependency runs: if another extractor wants the same one, it waits, and the
    /// dependency runs once. If an extractor is dropped in the middle, what it had resolved is still here to be exited. It is tokio's
    /// lock, because it is held across awaits.
    solo: Mutex<Option<Box<Solo>>>,
}

impl RequestSession for Session {
    fn is_let_in(&self) -> bool {
        self.needs_place()
    }

    fn list_is_taken(&self) {
        self.leaves_something.store(true, Ordering::Relaxed);
        self.needs_place.store(true, Ordering::Relaxed);
    }
}

impl Session {
    pub(super) fn begin<B>(plans: &Arc<Plans>, request: &mut Request<B>) -> Arc<Self> {
        let label = [request.method().as_str(), " ", request.uri().path()].concat();
        let origin = Origin::new(plans.base.next_number(), label);
        let tasks = plans.base.runner.tasks(origin.clone());
        let solo = Solo::new(Arc::clone(&plans.base), plans.head_to_keep(request), tasks.clone());
        let session = Arc::new(Self {
            plans: Arc::clone(plans),
            origin,
            leaves_something: AtomicBool::new(false),
            needs_place: AtomicBool::new(false),
            solo: Mutex::new(Some(Box::new(solo))),
        });
        request.extensions_mut().insert(RequestTasks::new(tasks, session.clone()));
        session
    }

    /// Whether a layer of the same app has begun the request.
    pub(super) fn is_begun<B>(plans: &Plans, request: &Request<B>) -> bool {
        let session = request.extensions().get().and_then(RequestTasks::session::<Self>);
        session.is_some_and(|session| session.plans.app.is_same(&plans.app))
    }

    pub(super) fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(super) fn runner(&self) -> &Runner {
        &self.plans.base.runner
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether anything would be left undone if the request went no further.
    pub(super) fn leaves_something(&self) -> bool {
        self.leaves_something.load(Ordering::Relaxed)
    }

    /// Whether any of that may be left after the reply.
    pub(super) fn needs_place(&self) -> bool {
        self.needs_place.load(Ordering::Relaxed)
    }

    /// Whether there is no room for what the dependency may leave behind. A request that was let in is not refused what it takes later.
    fn is_full_for(&self, plan: &SoloPlan) -> bool {
        if plan.needs_place() {
            !self.is_let_in() && self.runner().is_full()
        } else {
            plan.leaves_something() && !self.leaves_something() && self.runner().keeps_too_many()
        }
    }

    /// The output of a dependency; the outer error is not the dependency's own.
    pub(super) async fn ask(
        &self,
        plan: &SoloPlan,
        parts: &mut Parts,
    ) -> Result<Result<Value, Rejection>, Rejection> {
        let mut solo = self.solo.lock().await;
        let Some(solo) = &mut *solo else { return Err(broken(Misplaced::AfterReply)) };
        if self.is_full_for(plan) {
            self.runner().log_refused(&self.origin);
            return Err(Rejection::of_failure(overloaded(self.runner()).raise()));
        }
        if plan.leaves_something() {
            self.leaves_something.store(true, Ordering::Relaxed);
        }
        if plan.needs_place() {
            self.needs_place.store(true, Ordering::Relaxed);
        }
        if self.plans.wants_head(&parts.extensions) {
            solo.keep_head(parts.clone());
        }
        Ok(solo.ask(plan, parts).await)
    }

    /// The handler has replied, or whatever refused the request before it.
    pub(super) async fn succeed(&self, mut response: Response, link: Link) -> Response {
        let extensions = response.extensions_mut();
        let failed = extensions.remove().and_then(|Failed(rejection)| rejection.into_failure());
        let is_full = matches!(extensions.remove(), Some(NoTasks::Full { .. }));
        let failed = failed.or_else(|| is_full.then(|| overloaded(self.runner()).raise()));
        let Some(failure) = failed else { return self.finish(written(response), link).await };
        let of_layers = std::mem::take(response.headers_mut());
        // Before there is another reply, which a panic of this drop would take with it.
        drop_caught(response);
        let mut reply = self.finish(Err(failure), link).await;
        add_headers(&mut reply, of_layers);
        reply
    }

    /// Makes the reply from the request's result.
    pub(super) async fn finish(&self, result: Result<Response, Failure>, link: Link) -> Response {
        let solo = self.solo.lock().await.take();
        let mut solo = solo.expect("a request is finished once: twice would be a bug in epilogue");
        solo.finish(result, link).await.map(ReplyBody::into_body)
    }
}

/// Adds what layers inside this one have added to the placeholder reply, except what they have said of its content.
fn add_headers(reply: &mut Response, mut of_layers: HeaderMap) {
    for of_content in
        [header::CONTENT_ENCODING, header::CONTENT_LENGTH, header::ETAG, header::TRANSFER_ENCODING]
    {
        of_layers.remove(of_content);
    }
    // Of what both have said, the reply's word counts. These two are lists, to which layers only add.
    let lists = [header::SET_COOKIE, header::VARY];
    for name in reply.headers().keys().filter(|name| !lists.contains(name)) {
        of_layers.remove(name);
    }
    for (name, value) in &of_layers {
        reply.headers_mut().append(name, value.clone());
    }
}
