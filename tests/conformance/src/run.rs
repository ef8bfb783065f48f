//! Runs: the suite marks all requests of a case with the same `X-Run` header, and asks afterwards what they did.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use epilogue::prelude::*;
use http::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

const GATE_TIMEOUT: Duration = Duration::from_secs(8);

/// All runs, by name.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<Mutex<HashMap<String, Run>>>);

/// What the requests of one run did, and the gates by which the suite holds them up.
#[derive(Clone, Default)]
pub(crate) struct Run(Arc<Record>);

#[derive(Default)]
struct Record {
    events: Mutex<Vec<String>>,
    counters: Mutex<HashMap<&'static str, u64>>,
    open_gates: watch::Sender<HashSet<String>>,
}

/// The run that the request belongs to. Its header is the suite's and no part of the API, so it is not a parameter.
#[dependency]
pub(crate) fn run(runs: State<Runs>, request: &RequestParts) -> Run {
    runs.of(&request.headers)
}

impl Runs {
    /// The run of this name, which is made when it is first used.
    pub(crate) fn named(&self, name: Option<&str>) -> Run {
        let name = name.unwrap_or("anonymous").to_owned();
        lock(&self.0).entry(name).or_default().clone()
    }

    /// The run of a request, where code cannot depend on [`struct@run`].
    pub(crate) fn of(&self, headers: &HeaderMap) -> Run {
        self.named(headers.get("x-run").and_then(|name| name.to_str().ok()))
    }
}

impl Run {
    /// Records an event.
    pub(crate) fn say(&self, event: impl Into<String>) {
        lock(&self.0.events).push(event.into());
    }

    /// All events so far, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        lock(&self.0.events).clone()
    }

    /// Adds one to a counter and returns its new value.
    pub(crate) fn bump(&self, counter: &'static str) -> u64 {
        let mut counters = lock(&self.0.counters);
        let value = counters.entry(counter).or_default();
        *value += 1;
        *value
    }

    /// The value of a counter.
    pub(crate) fn count(&self, counter: &'static str) -> u64 {
        lock(&self.0.counters).get(counter).copied().unwrap_or_default()
    }

    /// Opens a gate for good.
    pub(crate) fn open_gate(&self, name: String) {
        self.0.open_gates.send_modify(|open| {
            open.insert(name);
        });
    }

    /// Waits at a gate.
    pub(crate) async fn gate(&self, name: &str) {
        let mut gates = self.0.open_gates.subscribe();
        if timeout(GATE_TIMEOUT, gates.wait_for(|open| open.contains(name))).await.is_err() {
            self.say(format!("gate-timeout:{name}"));
        }
    }

    /// Waits at a gate, and blocks the thread meanwhile.
    pub(crate) fn gate_blocking(&self, name: &str) {
        Handle::current().block_on(self.gate(name));
    }
}

/// A task that records an event.
pub(crate) async fn say(run: Depends<run>, event: &'static str) {
    run.say(event);
}

/// A task that goes on until the gate `go` opens.
pub(crate) async fn held(run: Depends<run>) {
    run.say("task:start");
    run.gate("go").await;
    run.say("task:end");
}

/// `true` and `false` as they are written in the suite's events.
pub(crate) fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

// No panic can leave what these locks guard half-changed, so poison is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
