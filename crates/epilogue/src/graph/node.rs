//! The graph as constant data: routes, dependencies, and where every parameter's value comes from.

use std::any::TypeId;

use epilogue_runtime::SourceLine;

use crate::graph::fuel::unfinished;
use crate::openapi::{ParamDocs, RouteDocs};
use crate::param::{ParamOptions, Reads};
use crate::rejection::Place;
use crate::scope::{RunExit, RunRoute, RunStep};
use crate::security::scheme::SecurityScheme;

/// How long a dependency's output lives.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyScope {
    /// Until the path function has returned: its exit runs before the reply is sent.
    Function,
    /// Until the reply is sent and its tasks are done.
    Request,
    /// From the start of the app to its shutdown.
    App,
}

/// A function or struct under `#[dependency]`, with everything below it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct DependencyNode {
    /// Its name as written.
    pub name: &'static str,
    /// The module that it stands in; with `name` and `at` it identifies the node in `const`.
    pub module: &'static str,
    pub at: SourceLine,
    /// Identifies the dependency at run time, including the arguments of a generic one.
    pub id: TypeId,
    /// Whether several types share its name: two nodes of that name need not be the same.
    pub generic: bool,
    /// Whether it is a struct with the derive, which has no scope to choose.
    pub derived: bool,
    pub scope: DependencyScope,
    pub params: &'static [ParamNode],
    pub run: RunStep,
    pub exit: Option<RunExit>,
    /// Whether independent parameters may be resolved at the same time.
    pub concurrent: bool,
}

impl DependencyNode {
    /// Whether it stands for one that has an error of its own, so that nothing is known about it.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.name.is_empty()
    }
}

/// One parameter of a path function or dependency.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParamNode {
    /// The parameter's own name.
    pub name: &'static str,
    /// The name to look up: the alias, or the parameter's name in the form of its place (`user-agent`).
    pub key: &'static str,
    pub options: ParamOptions,
    pub source: Source,
    /// Whether the macro saw the type of a single value (`u64`, `String`), so that the name must be in the template.
    pub scalar: bool,
    /// How many values of the path it takes if the macro saw a tuple; otherwise zero.
    pub parts: usize,
    /// Whether a body that is read may be missing.
    pub need: Need,
    /// Whether it takes the body unread, which only one parameter can do.
    pub takes_stream: bool,
    /// Whether a router supplies the template's prefix, so that the name cannot be checked before the start.
    pub from_prefix: bool,
    /// What its type reads, where the start has to ask it.
    pub reads: Option<Reads>,
    pub at: SourceLine,
    pub docs: ParamDocs,
}

impl ParamNode {
    /// A parameter of which nothing else is known. It stands where this is called: the macros call it at the user's own tokens. The key is
    /// given in both forms, since only `source` knows which of them its place has.
    #[track_caller]
    pub const fn new(
        name: &'static str,
        key: &'static str,
        hyphenated: &'static str,
        source: Source,
    ) -> Self {
        Self {
            name,
            key: if let Source::Value(Place::Header) = source { hyphenated } else { key },
            options: ParamOptions::NONE,
            source,
            scalar: false,
            parts: 0,
            need: Need::Required,
            takes_stream: false,
            from_prefix: false,
            reads: None,
            at: SourceLine::caller(),
            docs: ParamDocs::none(),
        }
    }
}

/// Where a parameter's value comes from.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A value read from a place.
    Value(Place),
    /// A JSON body of this type.
    Json(TypeId),
    /// A form.
    Form,
    /// Files of a form.
    File {
        /// Whether they are wanted as bytes.
        in_memory: bool,
    },
    /// The body as it came.
    RawBody,
    /// An extractor of the axum ecosystem.
    Extract(RunStep),
    /// Credentials, read when it is their turn.
    Security {
        scheme: &'static SecurityScheme,
        run: RunStep,
    },
    /// The scopes that the parameters along the chain require.
    SecurityScopes,
    Tasks,
    Reply,
    /// The request itself: its head, where it comes from, and when its server stops.
    Request,
    State {
        id: TypeId,
        name: fn() -> &'static str,
    },
    Dependency {
        /// `None` if too many generic dependencies follow each other.
        node: Option<&'static DependencyNode>,
        /// The name of its type, including the arguments of a generic one.
        type_name: fn() -> &'static str,
        sharing: Sharing,
        need: Need,
    },
}

/// Whether a parameter may get an output that is already there.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Made once per request.
    Shared,
    /// Made for this parameter alone: FastAPI's `use_cache=False`.
    Fresh,
}

/// What happens to the request when a dependency fails.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The request fails without it.
    Required,
    /// The request goes on, and the parameter says that there is none.
    Optional,
}

/// A path function under a route macro, with its whole graph.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RouteNode {
    pub name: &'static str,
    pub module: &'static str,
    pub at: SourceLine,
    /// The method in capitals, or `WEBSOCKET`.
    pub method: &'static str,
    pub template: &'static str,
    /// A digest of the template without its names: templates with different digests are different paths.
    pub shape: u64,
    /// The names of the template's segments, in order.
    pub segments: &'static [&'static str],
    pub status: Option<u16>,
    pub tags: &'static [&'static str],
    pub hidden: bool,
    /// The subprotocols of a WebSocket, the best first.
    pub protocols: &'static [&'static str],
    pub concurrent: bool,
    /// `dependencies(...)`, in order.
    pub dependencies: &'static [ParamNode],
    pub params: &'static [ParamNode],
    pub run: RunRoute,
    pub docs: RouteDocs,
}

impl RouteNode {
    pub(crate) fn is_websocket(&self) -> bool {
        self.method == "WEBSOCKET"
    }
}

/// Stands for a route whose macro found errors, so that they cause no other errors.
#[doc(hidden)]
pub const UNFINISHED_ROUTE: RouteNode = RouteNode {
    name: "",
    module: "",
    at: SourceLine::new("", 0),
    method: "",
    template: "",
    shape: 0,
    segments: &[],
    status: None,
    tags: &[],
    hidden: true,
    protocols: &[],
    concurrent: false,
    dependencies: &[],
    params: &[],
    run: |_| unfinished(),
    docs: RouteDocs::NONE,
};
