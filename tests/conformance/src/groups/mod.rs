//! The groups of routes, one module each.

pub(crate) mod background;
pub(crate) mod bg;
pub(crate) mod cache;
pub(crate) mod dependencies;
pub(crate) mod err;
pub(crate) mod exits;
pub(crate) mod order;
pub(crate) mod ov;
pub(crate) mod param;
pub(crate) mod res;
pub(crate) mod resp;
pub(crate) mod sec;

use epilogue::prelude::*;
use serde_json::{Value, json};

/// The reply of routes whose reply does not matter.
pub(crate) fn ok() -> Json<Value> {
    Json(json!({ "ok": true }))
}
