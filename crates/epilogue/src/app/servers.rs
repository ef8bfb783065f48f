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
        Ok(Serving { servers: Arc::clone(self), counts: true })
    }

    pub(super) fn end_app(&self) {
        self.0.lock().app_has_ended = true;
    }

    pub(super) fn app_has_ended(&self) -> bool {
        self.0.lock().app_has_ended
    }
}

/// A server that counts until it has ended, or this is dropped.
pub(crate) struct Serving {
    servers: Arc<Servers>,
    counts: bool,
}

impl Serving {
    /// Ends the server, and the app with it if it was the last one: then no other begins any more.
    pub(crate) fn ends_app(mut self) -> bool {
        self.is_last_or_ends(|state| state.app_has_ended = true)
    }

    /// Ends the server unless it is the last one.
    pub(crate) fn if_last(mut self) -> Option<Self> {
        self.is_last_or_ends(|_| {}).then_some(self)
    }

    /// Asks and ends under one lock: of two servers that end at the same time, one must find that it is the last.
    fn is_last_or_ends(&mut self, as_last: impl FnOnce(&mut State)) -> bool {
        let mut state = self.servers.0.lock();
        if state.serving == 1 {
            as_last(&mut state);
            return true;
        }
        state.serving -= 1;
        drop(state);
        self.counts = false;
        tracing::info!("another server of the app goes on: it finishes the queued tasks and ends the app");
        false
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.counts {
            self.servers.0.lock().serving -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// Ends a server as soon as something is logged, and notes whether that ended the app.
    struct EndsMeanwhile(Mutex<Option<Serving>>, Arc<Mutex<Option<bool>>>);

    impl Subscriber for EndsMeanwhile {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn event(&self, _: &Event<'_>) {
            let serving = self.0.lock().take();
            if let Some(serving) = serving {
                *self.1.lock() = Some(serving.ends_app());
            }
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn of_two_servers_that_end_at_once_one_ends_the_app() {
        let servers = Arc::new(Servers::default());
        let (first, second) = (servers.begin().unwrap(), servers.begin().unwrap());
        let second_ended = Arc::default();
        let subscriber = EndsMeanwhile(Mutex::new(Some(second)), Arc::clone(&second_ended));
        // It logs that it leaves the app to the second, which ends at this moment.
        let first_ended = tracing::subscriber::with_default(subscriber, || first.ends_app());
        assert_eq!((first_ended, *second_ended.lock()), (false, Some(true)));
        assert!(servers.app_has_ended());
    }
}
