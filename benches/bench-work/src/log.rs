//! What tasks write to: a counter and the last lines, without a lock.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_queue::ArrayQueue;
use serde::Serialize;

static WRITTEN: AtomicU64 = AtomicU64::new(0);
static LINES: LazyLock<ArrayQueue<String>> = LazyLock::new(|| ArrayQueue::new(1024));

/// Writes a line: what every task does.
pub fn write_line(line: String) {
    WRITTEN.fetch_add(1, Relaxed);
    LINES.force_push(line);
}

/// How many lines were ever written.
pub fn lines_written() -> u64 {
    WRITTEN.load(Relaxed)
}

/// The line of the dependency's task.
pub fn about_query(q: &str) -> String {
    format!("found query: {q}\n")
}

/// The line of the path function's task.
pub fn about_email(email: &str) -> String {
    format!("message to {email}\n")
}

/// The line of one of many tasks.
pub fn about_message(number: u32, email: &str) -> String {
    format!("message {number} to {email}\n")
}

/// A reply with a message.
#[derive(Debug, Serialize)]
pub struct Message {
    /// The message.
    pub message: &'static str,
}

/// What routes with tasks reply.
pub const SENT: Message = Message { message: "Message sent" };
