//! The life of an app: one start for all who have a clone of it, and the drain at its end.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::router::effect_of;
use super::servers::{Servers, Serving};
use super::state::Started;
use super::{App, StartError, start};
use crate::dependency::{AppScoped, Depends};
use crate::graph::fuel::node_of;
use crate::graph::node::ParamNode;
use crate::scope::caught;
use crate::server::progress;
use crate::tasks::TaskStats;

/// What the clones of an app have in common.
#[derive(Default)]
pub(super) struct Lifecycle {
    pub(super) started: OnceLock<Started>,
    /// The last start. Nobody waits under this lock: whoever holds a lock and is no longer polled would hold up all others.
    starting: Mutex<Option<Starting>>,
    /// Tells the start in flight to end without building the rest.
    give_up: Arc<Notify>,
    servers: Arc<Servers>,
}

/// A start. It is `Some` once it has ended.
type Starting = watch::Receiver<Option<Result<(), StartError>>>;

/// The last start, if it has not ended.
fn in_flight(last: Option<&Starting>) -> Option<Starting> {
    last.filter(|starting| matches!(starting.has_changed(), Ok(false))).cloned()
}

/// Waits for the end of a start.
async fn ended(mut starting: Starting) -> Result<(), StartError> {
    let ended = starting.wait_for(Option::is_some).await;
    // If there is none, the runtime has shut down.
    ended.ok().and_then(|ended| ended.clone()).unwrap_or(Err(StartError::Stopped))
}

/// When what is not done is cut off. One boxed type for all deadlines: otherwise all of a shutdown would be compiled for each of them.
pub(crate) type Deadline<'d> = Pin<&'d mut (dyn Future<Output = ()> + Send)>;

impl App {
    /// Starts the app, if it has not started: plans its routes and builds its app-scoped dependencies.
    ///
    /// Serving does so by itself. Call it to find errors early if another server serves the app.
    ///
    /// # Errors
    ///
    /// When two routes collide, something asks for a [`State`](crate::State) that is not there, or an app-scoped dependency fails. Also
    /// when the app has [ended](StartError::Ended).
    pub async fn start(&self) -> Result<(), StartError> {
        self.started().await?;
        self.check_not_ended()
    }

    /// The output of an app-scoped dependency, outside of any request: for a migration, a command, a test. Starts the app if it has
    /// not started.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Pool {
    ///     url: String,
    /// }
    ///
    /// #[dependency(scope = "app")]
    /// async fn pool() -> Pool {
    ///     Pool { url: "sqlite://todo.db".into() }
    /// }
    ///
    /// # async fn run() -> Result<(), epilogue::StartError> {
    /// let pool = App::new().resolve::<pool>().await?;
    /// println!("migrating {}", pool.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the app does not start, when it has [ended](StartError::Ended), or when it had already started without the
    /// dependency, because none of its routes uses it.
    pub async fn resolve<D: AppScoped>(&self) -> Result<Depends<D>, StartError> {
        let effect = effect_of::<D>();
        let started = self.started_with(Some(effect)).await?;
        self.check_not_ended()?;
        let value = started.state.dependencies.value_of(const { node_of::<D>().id });
        value.map(Depends::from_value).ok_or(StartError::NotBuilt { dependency: effect.name })
    }

    /// Runs every queued task, then the exits of the app. Call it at the end of an app that another server serves.
    ///
    /// Call it once that server takes no more requests, and not within a request. It waits until the server has
    /// dropped the replies of all requests; axum's server may return from its graceful shutdown a little earlier.
    ///
    /// The app has ended then, and so have its clones: none of them can be served or [started](Self::start) again. A
    /// request that another server passes on later is still answered, but the app-scoped dependencies that it takes
    /// have been exited.
    ///
    /// # Errors
    ///
    /// When something is still unfinished after the [grace period](crate::TaskLimits::grace). It is cancelled, and
    /// named in the error. Requests that the server still holds cannot be cancelled, so they are
    /// [counted](crate::DrainReport::in_flight).
    pub async fn drain(&self) -> crate::Result<()> {
        let grace = self.config.limits.grace;
        let mut deadline = pin!(tokio::time::sleep(grace));
        // In this order: a start that is no longer in flight has started the app, if it did.
        if in_flight(self.lifecycle.starting.lock().as_ref()).is_none()
            && self.lifecycle.started.get().is_none()
        {
            return Ok(());
        }
        let started = self.started_until(deadline.as_mut()).await?;
        self.lifecycle.servers.end_app();
        progress::shown_beside(started.drain(deadline, 0), grace, || {
            progress::Left::of(&started.state.runner, 0)
        })
        .await
    }

    /// Counts of the app's tasks so far; all zero before the start.
    pub fn task_stats(&self) -> TaskStats {
        self.lifecycle.started.get().map(|started| started.state.runner.stats()).unwrap_or_default()
    }

    /// Counts a server of the app. It is counted before the start: if another one is told to stop meanwhile, that one does not end the app.
    pub(crate) fn begin_serving(&self) -> Result<Serving, StartError> {
        self.lifecycle.servers.begin()
    }

    fn check_not_ended(&self) -> Result<(), StartError> {
        if self.lifecycle.servers.app_has_ended() { Err(StartError::Ended) } else { Ok(()) }
    }

    pub(crate) async fn started(&self) -> Result<&Started, StartError> {
        self.started_with(None).await
    }

    /// Starts the app if it has not started, with this dependency whether or not a route needs it.
    async fn started_with(&self, resolved: Option<&'static ParamNode>) -> Result<&Started, StartError> {
        if self.lifecycle.started.get().is_none()
            && let Some(starting) = self.start_in_flight_or_begun(resolved)
        {
            ended(starting).await?;
        }
        self.lifecycle.started.get().ok_or(StartError::Stopped)
    }

    /// Waits for the start that is in flight. At the deadline it is given up, and what it has built by then is exited.
    pub(crate) async fn started_until(&self, deadline: Deadline<'_>) -> Result<&Started, StartError> {
        tokio::select! {
            biased;
            started = self.start_ended() => return started,
            () = deadline => self.lifecycle.give_up.notify_waiters(),
        }
        self.start_ended().await
    }

    /// Waits for the start that is in flight; begins none itself.
    async fn start_ended(&self) -> Result<&Started, StartError> {
        let starting = in_flight(self.lifecycle.starting.lock().as_ref());
        if let Some(starting) = starting {
            ended(starting).await?;
        }
        self.lifecycle.started.get().ok_or(StartError::Stopped)
    }

    /// The start is a task because whoever waits for it may be dropped in the middle, as a request is when its client leaves:
    /// what was built by then would never be exited. There is one start at a time, and all waiters share it. `None` if it has succeeded.
    fn start_in_flight_or_begun(&self, resolved: Option<&'static ParamNode>) -> Option<Starting> {
        let mut last = self.lifecycle.starting.lock();
        let in_flight = in_flight(last.as_ref());
        if in_flight.is_some() || self.lifecycle.started.get().is_some() {
            return in_flight;
        }
        let (sender, starting) = watch::channel(None);
        let given_up = Arc::clone(&self.lifecycle.give_up).notified_owned();
        *last = Some(starting.clone());
        drop(last);
        let app = self.clone();
        tokio::spawn(async move {
            let ended = match caught(start::start(&app.config, resolved, pin!(given_up))).await {
                Ok(ended) => ended.map(|started| drop(app.lifecycle.started.set(started))),
                Err(panic) => Err(StartError::Panicked { reason: panic.into_reason() }),
            };
            sender.send_replace(Some(ended));
        });
        Some(starting)
    }
}

impl Started {
    /// Runs what is queued until the deadline, then the exits of the app, which have the exits' grace beyond the deadline.
    ///
    /// `connections` is how many the server has cut off before.
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
        if !report.is_complete() {
            return Err(crate::Error::Unfinished(report));
        }
        tracing::info!("ended: all requests, tasks and exits are done");
        Ok(())
    }
}
