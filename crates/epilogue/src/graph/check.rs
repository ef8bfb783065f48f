//! What the compiler checks of the constant graph.
//!
//! The macros place one check on each parameter, each template and each listed route, at the user's own tokens. A check returns
//! its message instead of panicking with it, so that the panic, and with it the error, is at those tokens and not here.

use super::DependencyScope;
use super::node::{DependencyNode, Need, ParamNode, RouteNode, Sharing, Source};
use super::verdict::Verdict;
use crate::rejection::Place;

/// What `?` would be in a function that is not `const`.
macro_rules! return_if_wrong {
    ($check:expr) => {
        let verdict = $check;
        if verdict.is_wrong() {
            return verdict;
        }
    };
}

/// Checks one parameter of a dependency: its scope, and that no cycle leads through it.
#[doc(hidden)]
pub const fn check_dependency(node: &'static DependencyNode, index: usize) -> Verdict {
    let param = &node.params[index];
    return_if_wrong!(check_scope(node, param));
    if let Source::Dependency { node: Some(below), .. } = param.source {
        return_if_wrong!(find(below, node, &Chain { node, next: None }, &mut Seen::new()));
    }
    check_body(node.params, &[], index)
}

/// Checks one parameter of a path function: what all its dependencies ask of the template and of the body.
#[doc(hidden)]
pub const fn check_param(route: &'static RouteNode, index: usize) -> Verdict {
    return_if_wrong!(check_options(&route.params[index]));
    return_if_wrong!(check_place(route, &route.params[index]));
    return_if_wrong!(check_names(route, &route.params[index], None, &mut Seen::new()));
    return_if_wrong!(check_socket(route, &route.params[index]));
    check_body(route.params, route.dependencies, index)
}

/// The same for one dependency that a route runs for its effect alone.
#[doc(hidden)]
pub const fn check_effect(route: &'static RouteNode, index: usize) -> Verdict {
    return_if_wrong!(check_names(route, &route.dependencies[index], None, &mut Seen::new()));
    return_if_wrong!(check_socket(route, &route.dependencies[index]));
    check_body(route.dependencies, &[], index)
}

/// Checks that each name of the template is taken by some parameter.
#[doc(hidden)]
pub const fn check_template(route: &'static RouteNode) -> Verdict {
    let mut i = 0;
    while i < route.segments.len() {
        let name = route.segments[i];
        // If a parameter of that name is read from elsewhere, this is reported there.
        if !is_taken(route, name) && !is_read_elsewhere(route.params, name) {
            let raw = if is_keyword(name) { "r#" } else { "" };
            return Verdict::wrong(&[
                "no parameter takes `{",
                name,
                "}` of the template \"",
                route.template,
                "\": add a parameter `",
                raw,
                name,
                ": Path<String>`, or remove it from the template",
            ]);
        }
        i += 1;
    }
    Verdict::RIGHT
}

/// A parameter that has the name of a segment which nothing takes, and that is not read from the path.
const fn check_place(route: &'static RouteNode, param: &ParamNode) -> Verdict {
    let Some(place) = place_elsewhere(param) else { return Verdict::RIGHT };
    if !contains(route.segments, param.name) || is_taken(route, param.name) {
        return Verdict::RIGHT;
    }
    Verdict::wrong(&[
        "`{",
        param.name,
        "}` is in the template \"",
        route.template,
        "\", and `",
        param.name,
        "` is read from ",
        place,
        ": write `Path<…>`, or remove `{",
        param.name,
        "}` from the template",
    ])
}

const fn is_taken(route: &'static RouteNode, name: &str) -> bool {
    let mut seen = Seen::new();
    takes_name(route.dependencies, name, &mut seen) || takes_name(route.params, name, &mut seen)
}

const fn is_read_elsewhere(params: &[ParamNode], name: &str) -> bool {
    let mut i = 0;
    while i < params.len() {
        if place_elsewhere(&params[i]).is_some() && same(params[i].name, name) {
            return true;
        }
        i += 1;
    }
    false
}

/// What a parameter is read from, if not from the path.
const fn place_elsewhere(param: &ParamNode) -> Option<&'static str> {
    match param.source {
        Source::Value(Place::Query) => Some("the query"),
        Source::Value(Place::Header) => Some("the headers"),
        Source::Value(Place::Cookie) => Some("the cookies"),
        Source::Form => Some("the form"),
        Source::Json(_) => Some("the body"),
        _ => None,
    }
}

/// Whether a parameter can have this name only behind `r#`.
const fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
        "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
        "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
        "while", "yield",
    ];
    contains(KEYWORDS, name)
}

/// Checks a dependency that a task takes: it runs when the request is gone.
pub(crate) const fn check_task(node: &DependencyNode) -> Verdict {
    if matches!(node.scope, DependencyScope::App) || node.is_unfinished() {
        return Verdict::RIGHT;
    }
    let mut verdict =
        Verdict::wrong(&["a task runs after its request and takes app-scoped dependencies only: write "]);
    add_app_scope(&mut verdict, node);
    verdict.add(&[", or give the task what it needs as an argument"]);
    verdict
}

/// How to make a dependency app-scoped.
const fn add_app_scope(verdict: &mut Verdict, node: &DependencyNode) {
    if node.derived {
        verdict.add(&["a function under #[dependency(scope = \"app\")] that returns a `", node.name, "`"]);
    } else {
        verdict.add(&["#[dependency(scope = \"app\")] on `", node.name, "`"]);
    }
}

/// Checks one of the routes that are listed together against those before it.
#[doc(hidden)]
pub const fn check_listed(routes: &[&'static RouteNode], index: usize) -> Verdict {
    let second = routes[index];
    if second.name.is_empty() {
        // It stands for a function that has an error of its own, which is reported there.
        return Verdict::RIGHT;
    }
    let mut i = 0;
    while i < index {
        let first = routes[i];
        if first.shape == second.shape && same_path(first.template, second.template) {
            if same(first.method, second.method) {
                return if same(first.name, second.name) && same(first.module, second.module) {
                    Verdict::wrong(&["`", second.name, "` is listed twice: remove one of them"])
                } else {
                    Verdict::wrong(&[
                        "`",
                        second.name,
                        "` answers ",
                        second.method,
                        " ",
                        second.template,
                        ", which `",
                        first.name,
                        "` already does: change the path or the method of one, or remove it",
                    ])
                };
            }
            if !same(first.template, second.template) {
                return Verdict::wrong(&[
                    "`",
                    first.name,
                    "` and `",
                    second.name,
                    "` name the segments of one path differently, \"",
                    first.template,
                    "\" and \"",
                    second.template,
                    "\": give them the same names",
                ]);
            }
        }
        i += 1;
    }
    Verdict::RIGHT
}

/// The dependencies on the way down, innermost first.
struct Chain<'a> {
    node: &'static DependencyNode,
    next: Option<&'a Chain<'a>>,
}

/// The dependencies that a walk has visited, so that each is followed only once, however many ways lead to it.
struct Seen {
    nodes: [Option<&'static DependencyNode>; 64],
    count: usize,
}

impl Seen {
    const fn new() -> Self {
        Self { nodes: [None; 64], count: 0 }
    }

    /// Whether the walk comes to this dependency for the first time. Generic ones share a name and cannot be told apart, so they
    /// always count as new.
    const fn first_time(&mut self, node: &'static DependencyNode) -> bool {
        if node.generic {
            return true;
        }
        let mut i = 0;
        while i < self.count {
            if let Some(seen) = self.nodes[i]
                && same_node(seen, node)
            {
                return false;
            }
            i += 1;
        }
        if self.count < self.nodes.len() {
            self.nodes[self.count] = Some(node);
            self.count += 1;
        }
        true
    }
}

/// What is exited before the reply, among a dependency and those that it is made from. A dependency with an exit is checked on its own.
const fn exited_early(node: &'static DependencyNode, seen: &mut Seen) -> Option<&'static DependencyNode> {
    match node.scope {
        DependencyScope::Function => return Some(node),
        DependencyScope::Request if node.exit.is_none() && seen.first_time(node) => {}
        _ => return None,
    }
    let mut i = 0;
    while i < node.params.len() {
        if let Source::Dependency { node: Some(below), .. } = node.params[i].source
            && let Some(early) = exited_early(below, seen)
        {
            return Some(early);
        }
        i += 1;
    }
    None
}

const fn check_scope(node: &DependencyNode, param: &ParamNode) -> Verdict {
    let in_app = matches!(node.scope, DependencyScope::App);
    return_if_wrong!(check_options(param));
    match param.source {
        Source::Dependency { node: Some(below), .. } => {
            if in_app && !matches!(below.scope, DependencyScope::App) && !below.is_unfinished() {
                let mut verdict = Verdict::wrong(&[
                    "`",
                    node.name,
                    "` is app-scoped and cannot depend on `",
                    below.name,
                    "`, which is made for each request: write ",
                ]);
                add_app_scope(&mut verdict, below);
                verdict.add(&[", or remove the scope of `", node.name, "`"]);
                return verdict;
            }
            let exits_late = node.exit.is_some() && matches!(node.scope, DependencyScope::Request);
            if exits_late && let Some(early) = exited_early(below, &mut Seen::new()) {
                let through =
                    if same_node(early, below) { ["", "", ""] } else { [" through `", below.name, "`"] };
                return Verdict::wrong(&[
                    "`",
                    node.name,
                    "` is exited after the reply, and `",
                    early.name,
                    "`, on which it depends",
                    through[0],
                    through[1],
                    through[2],
                    ", before it: write scope = \"function\" on `",
                    node.name,
                    "`, or scope = \"request\" on `",
                    early.name,
                    "`",
                ]);
            }
            Verdict::RIGHT
        }
        Source::Dependency { node: None, .. } | Source::State { .. } => Verdict::RIGHT,
        _ if in_app => Verdict::wrong(&[
            "`",
            node.name,
            "` is app-scoped: it is built before any request, and `",
            param.name,
            "` comes from one; take a State<…> instead, or remove the scope of `",
            node.name,
            "`",
        ]),
        _ => Verdict::RIGHT,
    }
}

/// Options that mean nothing for this kind of parameter.
const fn check_options(param: &ParamNode) -> Verdict {
    let has_name = !matches!(
        param.source,
        Source::RawBody
            | Source::Extract(_)
            | Source::Security { .. }
            | Source::SecurityScopes
            | Source::Tasks
            | Source::Reply
            | Source::Request
            | Source::State { .. }
            | Source::Dependency { .. }
    );
    if param.options.alias.is_some() && !has_name {
        return Verdict::wrong(&[
            "`",
            param.name,
            "` is looked up by no name, so an alias says nothing about it: remove `alias`",
        ]);
    }
    if let Source::Dependency { node: Some(node), sharing: Sharing::Fresh, .. } = param.source
        && matches!(node.scope, DependencyScope::App)
    {
        return Verdict::wrong(&[
            "`",
            node.name,
            "` is app-scoped: there is one for all requests, and none of one's own; write `Depends<",
            node.name,
            ">`",
        ]);
    }
    if param.options.scopes.is_empty() {
        return Verdict::RIGHT;
    }
    match param.source {
        Source::Dependency { node: Some(node), .. } if !asks_for_scopes(node, &mut Seen::new()) => {
            Verdict::wrong(&[
                "neither `",
                node.name,
                "` nor what it depends on asks which scopes are required: take a SecurityScopes there, or remove `scopes`",
            ])
        }
        Source::Dependency { .. } => Verdict::RIGHT,
        _ => Verdict::wrong(&[
            "scopes are required of a dependency, and `",
            param.name,
            "` is not one: write #[param(scopes(...))] on a Depends, or remove it",
        ]),
    }
}

/// Whether a dependency, or one that it is made from, asks for the required scopes.
const fn asks_for_scopes(node: &DependencyNode, seen: &mut Seen) -> bool {
    if node.is_unfinished() {
        return true;
    }
    let mut i = 0;
    while i < node.params.len() {
        let asks = match node.params[i].source {
            Source::SecurityScopes | Source::Dependency { node: None, .. } => true,
            Source::Dependency { node: Some(below), .. } => {
                seen.first_time(below) && asks_for_scopes(below, seen)
            }
            _ => false,
        };
        if asks {
            return true;
        }
        i += 1;
    }
    false
}

/// Looks for a way from `node` back to `start`.
const fn find(
    node: &'static DependencyNode,
    start: &'static DependencyNode,
    above: &Chain<'_>,
    seen: &mut Seen,
) -> Verdict {
    if same_node(node, start) && !node.generic {
        return cycle(above, start);
    }
    if !seen.first_time(node) {
        return Verdict::RIGHT;
    }
    let chain = Chain { node, next: Some(above) };
    let mut i = 0;
    while i < node.params.len() {
        if let Source::Dependency { node: Some(below), .. } = node.params[i].source {
            return_if_wrong!(find(below, start, &chain, seen));
        }
        i += 1;
    }
    Verdict::RIGHT
}

/// The message for a cycle. Only the first of its dependencies reports it, so that it is reported once.
const fn cycle(chain: &Chain<'_>, start: &'static DependencyNode) -> Verdict {
    let mut next = Some(chain);
    while let Some(Chain { node, next: more }) = next {
        if before(node, start) {
            return Verdict::RIGHT;
        }
        next = *more;
    }
    let mut verdict = Verdict::wrong(&["dependency cycle: "]);
    add_names(&mut verdict, Some(chain));
    verdict.add(&[start.name, "; remove one of these Depends"]);
    verdict
}

/// The chain's names from the outermost on, each with an arrow to the next.
const fn add_names(verdict: &mut Verdict, chain: Option<&Chain<'_>>) {
    if let Some(Chain { node, next }) = chain {
        add_names(verdict, *next);
        verdict.add(&[node.name, " -> "]);
    }
}

/// The three outermost names, for a chain without an end; returns how many there are.
const fn add_first_names(verdict: &mut Verdict, chain: Option<&Chain<'_>>) -> usize {
    let Some(Chain { node, next }) = chain else { return 0 };
    let above = add_first_names(verdict, *next);
    if above < 3 {
        verdict.add(&[node.name, " -> "]);
    }
    above + 1
}

/// What a parameter of a route and all below it read of the path.
const fn check_names(
    route: &'static RouteNode,
    param: &ParamNode,
    above: Option<&Chain<'_>>,
    seen: &mut Seen,
) -> Verdict {
    match param.source {
        Source::Value(Place::Path)
            if param.scalar && !param.from_prefix && !contains(route.segments, param.key) =>
        {
            let mut verdict = Verdict::wrong(&[route.name, " -> "]);
            add_names(&mut verdict, above);
            verdict.add(&[
                param.name,
                ": the template \"",
                route.template,
                "\" has no path parameter `",
                param.key,
                "`; add `{",
                param.key,
                "}` to it, or write #[param(from_prefix)] on `",
                param.name,
                "` where the prefix of a Router has it",
            ]);
            verdict
        }
        Source::Value(Place::Path)
            if param.parts > 0 && !param.from_prefix && param.parts != route.segments.len() =>
        {
            let mut verdict = Verdict::wrong(&[route.name, " -> "]);
            add_names(&mut verdict, above);
            verdict.add(&[
                param.name,
                if param.parts > route.segments.len() {
                    " has more parts than"
                } else {
                    " has fewer parts than"
                },
                " the template \"",
                route.template,
                "\" has path parameters; write one for each, or #[param(from_prefix)] on `",
                param.name,
                "` where the prefix of a Router has the others",
            ]);
            verdict
        }
        Source::Dependency { node: None, .. } => {
            let mut verdict = Verdict::wrong(&[route.name, " -> "]);
            add_first_names(&mut verdict, above);
            verdict.add(&[
                "…: this chain of dependencies has no end; does a generic dependency depend on itself?",
            ]);
            verdict
        }
        Source::Dependency { node: Some(node), .. } => {
            if !seen.first_time(node) {
                return Verdict::RIGHT;
            }
            let chain = Chain { node, next: above };
            let mut i = 0;
            while i < node.params.len() {
                return_if_wrong!(check_names(route, &node.params[i], Some(&chain), seen));
                // A generic dependency has no check on its own parameters, because it is many types.
                if node.generic {
                    return_if_wrong!(check_scope(node, &node.params[i]));
                }
                i += 1;
            }
            Verdict::RIGHT
        }
        _ => Verdict::RIGHT,
    }
}

const fn takes_name(params: &[ParamNode], name: &str, seen: &mut Seen) -> bool {
    let mut i = 0;
    while i < params.len() {
        let param = &params[i];
        let takes = match param.source {
            // A struct, a tuple or a map may take any of them.
            Source::Value(Place::Path) => !param.scalar || same(param.key, name),
            Source::Extract(_) | Source::Request | Source::Dependency { node: None, .. } => true,
            Source::Dependency { node: Some(node), .. } => {
                node.is_unfinished() || seen.first_time(node) && takes_name(node.params, name, seen)
            }
            _ => false,
        };
        if takes {
            return true;
        }
        i += 1;
    }
    false
}

/// Who uses the body, by the parameter's name.
#[derive(Clone, Copy)]
struct BodyUse {
    /// Takes it unread.
    stream: Option<&'static str>,
    /// Reads it.
    reader: Option<&'static str>,
    /// Requires JSON.
    json: Option<&'static str>,
    /// Requires a form.
    form: Option<&'static str>,
}

impl BodyUse {
    const NOBODY: Self = Self { stream: None, reader: None, json: None, form: None };
}

/// Whether a parameter uses the body when an earlier one has already used it up.
const fn check_body(params: &'static [ParamNode], effects: &'static [ParamNode], index: usize) -> Verdict {
    let mut seen = Seen::new();
    let mut earlier = BodyUse::NOBODY;
    let mut i = 0;
    while i < effects.len() {
        earlier = body_use(&effects[i], earlier, &mut seen);
        i += 1;
    }
    let mut i = 0;
    while i < index {
        earlier = body_use(&params[i], earlier, &mut seen);
        i += 1;
    }
    let own = body_use(&params[index], BodyUse::NOBODY, &mut seen);
    return_if_wrong!(check_kinds(earlier, own));
    let first = match own {
        BodyUse { stream: Some(_), .. } if earlier.reader.is_some() => earlier.reader,
        _ => earlier.stream,
    };
    let second = match own.stream {
        Some(stream) => Some(stream),
        None => own.reader,
    };
    let (Some(first), Some(second)) = (first, second) else { return Verdict::RIGHT };
    Verdict::wrong(&[
        "the body is used twice: `",
        first,
        "` and `",
        second,
        "` both want it, and an Extract takes it unread; remove one of them, or read it as Bytes in both",
    ])
}

/// A request has one body, which is JSON or a form.
const fn check_kinds(earlier: BodyUse, own: BodyUse) -> Verdict {
    let ((BodyUse { json: Some(json), .. }, BodyUse { form: Some(form), .. })
    | (BodyUse { form: Some(form), .. }, BodyUse { json: Some(json), .. })
    | (_, BodyUse { json: Some(json), form: Some(form), .. })) = (earlier, own)
    else {
        return Verdict::RIGHT;
    };
    Verdict::wrong(&[
        "the body is used twice: `",
        json,
        "` wants JSON and `",
        form,
        "` a form, and a request has one of them; send both as fields of the form, or both as JSON",
    ])
}

/// A request for a WebSocket has no body.
const fn check_socket(route: &'static RouteNode, param: &'static ParamNode) -> Verdict {
    if !same(route.method, "WEBSOCKET") {
        return Verdict::RIGHT;
    }
    let (BodyUse { json: Some(name), .. } | BodyUse { form: Some(name), .. }) =
        body_use(param, BodyUse::NOBODY, &mut Seen::new())
    else {
        return Verdict::RIGHT;
    };
    Verdict::wrong(&[
        "the request of a WebSocket has no body, which `",
        name,
        "` wants: take it as a message of the socket, or as a Query",
    ])
}

const fn body_use(param: &'static ParamNode, mut so_far: BodyUse, seen: &mut Seen) -> BodyUse {
    match param.source {
        Source::Json(_) if matches!(param.need, Need::Required) && so_far.json.is_none() => {
            so_far.json = Some(param.name);
        }
        // A struct may do without any of its fields.
        Source::Form if param.scalar && matches!(param.need, Need::Required) && so_far.form.is_none() => {
            so_far.form = Some(param.name);
        }
        Source::File { .. } if matches!(param.need, Need::Required) && so_far.form.is_none() => {
            so_far.form = Some(param.name);
        }
        _ => {}
    }
    match param.source {
        Source::Extract(_) if param.takes_stream && so_far.stream.is_none() => {
            so_far.stream = Some(param.name);
        }
        Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody if so_far.reader.is_none() => {
            so_far.reader = Some(param.name);
        }
        // A shared output uses the body only once.
        Source::Dependency { node: Some(node), sharing, need, .. }
            if seen.first_time(node) || matches!(sharing, Sharing::Fresh) =>
        {
            let BodyUse { json, form, .. } = so_far;
            let mut i = 0;
            while i < node.params.len() {
                so_far = body_use(&node.params[i], so_far, seen);
                i += 1;
            }
            if matches!(need, Need::Optional) {
                (so_far.json, so_far.form) = (json, form);
            }
        }
        _ => {}
    }
    so_far
}

const fn same_node(a: &DependencyNode, b: &DependencyNode) -> bool {
    a.at.line == b.at.line && same(a.name, b.name) && same(a.module, b.module)
}

/// An arbitrary order that is the same everywhere.
const fn before(a: &DependencyNode, b: &DependencyNode) -> bool {
    match order(a.module, b.module) {
        0 => match order(a.name, b.name) {
            0 => a.at.line < b.at.line,
            other => other < 0,
        },
        other => other < 0,
    }
}

const fn order(a: &str, b: &str) -> isize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return if a[i] < b[i] { -1 } else { 1 };
        }
        i += 1;
    }
    match (a.len() == b.len(), a.len() < b.len()) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    }
}

const fn contains(words: &[&str], word: &str) -> bool {
    let mut i = 0;
    while i < words.len() {
        if same(words[i], word) {
            return true;
        }
        i += 1;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    order(a, b) == 0
}

/// The FNV-1a digest of a template without its names, so that many routes are told apart quickly.
#[doc(hidden)]
pub const fn shape_of(template: &str) -> u64 {
    let bytes = template.as_bytes();
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        digest = (digest ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
        let is_name = bytes[i - 1] == b'{' && i < bytes.len() && bytes[i] != b'{';
        if is_name {
            i = end_of_name(bytes, i);
        } else if bytes[i - 1] == b'{' {
            i += 1;
        }
    }
    digest
}

/// Whether two templates match the same paths: the names between braces do not count.
pub(crate) const fn same_path(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] != b[j] {
            return false;
        }
        let named = a[i] == b'{';
        i += 1;
        j += 1;
        if named && i < a.len() && j < b.len() {
            if (a[i] == b'{') != (b[j] == b'{') || (a[i] == b'*') != (b[j] == b'*') {
                return false;
            }
            if a[i] == b'{' {
                i += 1;
                j += 1;
            } else {
                i = end_of_name(a, i);
                j = end_of_name(b, j);
            }
        }
    }
    i == a.len() && j == b.len()
}

const fn end_of_name(template: &[u8], mut at: usize) -> usize {
    while at < template.len() && template[at] != b'}' {
        at += 1;
    }
    at
}

/// Checks a dependency that an axum handler takes: nothing that it is made from may need what only an app's route has.
pub(crate) const fn check_in_axum(node: &'static DependencyNode) -> Verdict {
    check_below_handler(&Chain { node, next: None }, &mut Seen::new())
}

const TAKES_BODY: &str = "takes the body, which is the axum handler's own: take the body in the handler";

const fn check_below_handler(chain: &Chain<'_>, seen: &mut Seen) -> Verdict {
    if !seen.first_time(chain.node) {
        return Verdict::RIGHT;
    }
    let params = chain.node.params;
    let mut i = 0;
    while i < params.len() {
        let why = match params[i].source {
            Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody => TAKES_BODY,
            Source::Extract(_) if params[i].takes_stream => TAKES_BODY,
            Source::Value(Place::Path) => {
                "is a `Path`, and axum has matched the path of its handler: take `Extract<axum::extract::Path<...>>`"
            }
            Source::Dependency { node: Some(node), .. } => {
                return_if_wrong!(check_below_handler(&Chain { node, next: Some(chain) }, seen));
                ""
            }
            _ => "",
        };
        if !why.is_empty() {
            // Names the parameter in the message, because its own macro cannot point at it: whether it is wrong depends on who asks.
            let mut verdict = Verdict::RIGHT;
            add_names(&mut verdict, Some(chain));
            verdict.add(&[params[i].name, " (", params[i].at.file, ":"]);
            verdict.add_number(params[i].at.line);
            verdict.add(&[") ", why]);
            return verdict;
        }
        i += 1;
    }
    Verdict::RIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_count_when_paths_are_compared() {
        assert!(same_path("/items/{id}/x", "/items/{item}/x"));
        assert!(!same_path("/items/{id}", "/items/{*id}"));
        assert!(!same_path("/items/{id}", "/items/list"));
        assert!(same_path("/a{{b", "/a{{b"));
        assert!(!same_path("/a", "/a/"));
    }

    #[test]
    fn templates_of_one_path_are_of_one_shape() {
        for (a, b) in
            [("/items/{id}/x", "/items/{item}/x"), ("/files/{*a}", "/files/{*path}"), ("/a{{b", "/a{{b")]
        {
            assert!(same_path(a, b));
            assert_eq!(shape_of(a), shape_of(b), "{a} {b}");
        }
        assert_ne!(shape_of("/items/{id}"), shape_of("/items/list"));
        assert_ne!(shape_of("/a{{b"), shape_of("/a{b}"));
    }

    #[test]
    fn what_a_handler_of_axum_cannot_lend_is_told_with_its_place() {
        use crate::graph::fuel::{Full, HasNode};
        use crate::{Dependency, Depends, Json, Query};

        #[crate::dependency(crate = crate)]
        fn item(body: Json<u32>) -> u32 {
            *body
        }

        #[crate::dependency(crate = crate)]
        fn doubled(by: Query<u32>, item: Depends<item>) -> u32 {
            *by * *item
        }

        let verdict = check_in_axum(&<<doubled as Dependency>::Graph<Full> as HasNode>::NODE);
        let (chain, rest) = verdict.text().split_once(" (").unwrap();
        assert_eq!(chain, "doubled -> item -> body");
        assert!(rest.contains("check.rs:") && rest.contains(") takes the body"), "{rest}");
    }
}
