//! As `build.rs` wrote them.

#![allow(
    clippy::similar_names,
    clippy::too_many_arguments,
    clippy::too_many_lines,
    reason = "they are numbered"
)]

include!(concat!(env!("OUT_DIR"), "/dependencies.rs"));
