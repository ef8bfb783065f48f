use http::HeaderName;

use crate::graph::node::{ParamNode, Source};
use crate::param::ParamOptions;
use crate::rejection::Place;

/// Where one parameter of a step finds its value: worked out when the app starts, so that a request only looks it up.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Site {
    pub(in crate::scope) node: &'static ParamNode,
    limits: Option<&'static ParamOptions>,
    pub(in crate::scope) slot: SlotIndex,
    /// The name of the header that it reads.
    pub(in crate::scope) header: Option<HeaderName>,
    /// Nothing reads the slot after this parameter.
    pub(in crate::scope) is_last: bool,
}

/// A position, in the list that has the value.
#[derive(Debug, Clone, Copy)]
pub(in crate::scope) enum SlotIndex {
    /// The value is read from the request.
    None,
    Request(usize),
    App(usize),
    State(usize),
    Scopes(usize),
}

impl Site {
    pub(super) fn new(node: &'static ParamNode, slot: SlotIndex) -> Self {
        let limits = Some(&node.options).filter(|options| !options.limit_nothing());
        let header = match node.source {
            Source::Value(Place::Header) => HeaderName::try_from(node.key).ok(),
            _ => None,
        };
        Self { node, limits, slot, header, is_last: false }
    }

    /// The name to look up.
    pub(crate) fn key(&self) -> &'static str {
        self.node.key
    }

    /// The options of `#[param(...)]` for the values that it takes, if there are any.
    pub(crate) fn limits(&self) -> Option<&'static ParamOptions> {
        self.limits
    }
}
