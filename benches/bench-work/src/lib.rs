//! What the servers of the benchmark do: the arithmetic of the graph, the log that tasks write to, the checks of a new user.
//! Nothing here knows about HTTP, so that the servers differ only in how they get here.

mod delay;
mod graph;
mod log;
mod user;

pub use delay::{burn, marks, note};
pub use graph::{Page, Sum, audit, conn, conn_evaluations, items, service, session, users};
pub use log::{Message, SENT, about_email, about_message, about_query, lines_written, write_line};
pub use user::{NewUser, User};

use serde::Serialize;

/// How many tasks the path function of `/send-many` adds.
pub const MANY: u32 = 99;

/// An item as `/items/{id}` replies with it.
#[derive(Debug, Serialize)]
pub struct Item {
    /// From the path.
    pub id: u64,
    /// From the query.
    pub q: Option<String>,
}

/// What has been done since the start.
#[derive(Debug, Serialize)]
pub struct Stats {
    /// Tasks that ran.
    pub tasks: u64,
    /// How often the shared dependency ran.
    pub conn_evals: u64,
}

/// What has been done since the start.
pub fn stats() -> Stats {
    Stats { tasks: lines_written(), conn_evals: conn_evaluations() }
}

/// The port to listen on: `PORT`, or 8000.
pub fn port() -> u16 {
    number("PORT").unwrap_or(8000)
}

/// How many threads serve: `WORKERS`, or 2.
pub fn workers() -> usize {
    number("WORKERS").unwrap_or(2)
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}
