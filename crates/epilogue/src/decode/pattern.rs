//! The patterns of `#[param(pattern = "…")]`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use regex::Regex;

use super::flaw::{self, Flaw};

/// The regular expression of a pattern, compiled once in the program. There are as many as parameters with a pattern, so none is ever
/// thrown away.
pub(crate) fn compiled(pattern: &'static str) -> Result<Arc<Regex>, regex::Error> {
    static COMPILED: LazyLock<RwLock<HashMap<&'static str, Arc<Regex>>>> = LazyLock::new(RwLock::default);
    if let Some(regex) = COMPILED.read().get(pattern) {
        return Ok(Arc::clone(regex));
    }
    let regex = Arc::new(Regex::new(pattern)?);
    COMPILED.write().insert(pattern, Arc::clone(&regex));
    Ok(regex)
}

pub(super) fn matches(pattern: &'static str, text: &str) -> Result<(), Flaw> {
    let regex = compiled(pattern).expect("an app does not start with a pattern that does not compile");
    if regex.is_match(text) { Ok(()) } else { Err(flaw::pattern_mismatch(pattern)) }
}
