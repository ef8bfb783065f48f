//! The server: it accepts connections, knows when the last byte of a reply has left, and drains at shutdown.

mod connection;
mod handover;
mod io;
mod passage;
mod patience;
pub(crate) mod progress;
mod protocols;
mod serve;
mod signal;
mod stop;

/// What [`handover`] is built on; its model has other types of the same names.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) use parking_lot::{Mutex, MutexGuard};
}

pub(crate) use connection::{Connection, Stream};
pub(crate) use passage::{Follows, Link, Passage};
pub use serve::Server;
