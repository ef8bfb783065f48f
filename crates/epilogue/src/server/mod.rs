//! The server: it accepts connections, knows when the last byte of a reply has left, and drains at shutdown.

mod connection;
mod connections;
mod handover;
mod io;
mod passage;
pub(crate) mod progress;
mod protocols;
mod serve;
mod signal;
mod stalled;
mod stop;
mod stream;
mod timer;

pub(crate) use connection::Connection;
pub(crate) use handover::End;
pub(crate) use passage::{Follows, Link, Passage};
pub use serve::{ServeAddress, Server};
pub(crate) use stream::Stream;

/// What [`handover`] is built on; its model has other types of the same names.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) use parking_lot::Mutex;
}
