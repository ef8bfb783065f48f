//! Our own servers of an app, of which the last one ends it.

use std::sync::Arc;

use parking_lot::Mutex;

use super::StartError;

/// How many of them have not ended, and whether the app has.
#[derive(Default)]
pub(super) struct Servers(Mutex<State>);

#[derive(Default)]
struct State {
    serving: usize,
    app_has_ended: bool,
}

impl Servers {
    /// Counts one more.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Serving, StartError> {
        let mut state = self.0.lock();
        if state.app_has_ended {
            return Err(StartError::Ended);
        }
        state.serving += 1;
        Ok(Serving(Arc::clone(self)))
    }

    pub(super) fn end_app(&self) {
        self.0.lock().app_has_ended = true;
    }

    pub(super) fn app_has_ended(&self) -> bool {
        self.0.lock().app_has_ended
    }
}

/// A server that counts until this is dropped.
pub(crate) struct Serving(Arc<Servers>);

impl Serving {
    /// Ends the server, and the app with it if it was the last one: then no other begins any more.
    pub(crate) fn ends_app(self) -> bool {
        let mut state = self.0.0.lock();
        let is_last = state.serving == 1;
        state.app_has_ended |= is_last;
        drop(state);
        if !is_last {
            tracing::info!(
                "another server of the app goes on: it finishes the queued tasks and ends the app"
            );
        }
        is_last
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.0.lock().serving -= 1;
    }
}
