//! The server: it accepts connections, knows when the last byte of a reply has left, and drains at shutdown.

mod connection;
mod io;
pub(crate) mod progress;
mod serve;
mod signal;

pub(crate) use connection::Connection;
pub use serve::Server;
