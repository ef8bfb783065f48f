//! Eight values that are made from each other and from the request.
//!
//! ```text
//! conn(tenant)   token   page(skip, limit)
//!  | | | |         |             |
//!  | | | session --+             |
//!  | | items --------------------+
//!  | users(u)
//!  audit(audit)
//! service(session, items, users, audit)
//! ```

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

static CONN: AtomicU64 = AtomicU64::new(0);

/// How often [`conn`] was called.
pub fn conn_evaluations() -> u64 {
    CONN.load(Relaxed)
}

/// The requested part of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Where it begins.
    pub skip: u64,
    /// How long it is.
    pub limit: u64,
}

/// The reply of `/di`.
#[derive(Debug, Serialize)]
pub struct Sum {
    /// What the graph adds up to.
    pub sum: u64,
}

/// Needed by four others; must be made once per request.
pub fn conn(tenant: u64) -> u64 {
    CONN.fetch_add(1, Relaxed);
    tenant * 10 + 1
}

/// From the connection and the token.
pub fn session(conn: u64, token: u64) -> u64 {
    conn + token
}

/// From the connection and the page.
pub fn items(conn: u64, page: Page) -> u64 {
    conn * 2 + page.skip + page.limit
}

/// From the connection and the user's number.
pub fn users(conn: u64, u: u64) -> u64 {
    conn * 3 + u
}

/// From the connection and a header.
pub fn audit(conn: u64, audit: u64) -> u64 {
    conn + audit
}

/// From all four.
pub fn service(session: u64, items: u64, users: u64, audit: u64) -> u64 {
    session + items + users + audit
}
