//! The names of a route's template, and the parameters that take them.

use super::body::check_body;
use super::options::check_options;
use super::scope::check_scope;
use super::text::{contains, same};
use super::walk::{Chain, Seen, add_names};
use crate::graph::node::{ParamNode, RouteNode, Source};
use crate::graph::verdict::Verdict;
use crate::rejection::Place;

/// Checks that each name of the template is taken by some parameter.
#[doc(hidden)]
pub const fn check_template(route: &'static RouteNode) -> Verdict {
    let mut i = 0;
    while i < route.segments.len() {
        let name = route.segments[i];
        // If a parameter of that name is read from elsewhere, or a dependency reads another name, this is reported there.
        if !is_taken(route, name) && !is_read_elsewhere(route.params, name) && !lacks_a_name(route) {
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
pub(super) const fn check_place(route: &'static RouteNode, param: &ParamNode) -> Verdict {
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

/// Whether something of the route reads a name that its template lacks.
const fn lacks_a_name(route: &'static RouteNode) -> bool {
    let mut seen = Seen::new();
    lacks_one_of(route, route.dependencies, &mut seen) || lacks_one_of(route, route.params, &mut seen)
}

const fn lacks_one_of(route: &'static RouteNode, params: &[ParamNode], seen: &mut Seen) -> bool {
    let mut i = 0;
    while i < params.len() {
        if check_names(route, &params[i], None, seen).is_wrong() {
            return true;
        }
        i += 1;
    }
    false
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
        Source::Form | Source::File { .. } => Some("the form"),
        Source::Json(_) | Source::RawBody => Some("the body"),
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

/// What a parameter of a route and all below it read of the path.
pub(super) const fn check_names(
    route: &'static RouteNode,
    param: &ParamNode,
    above: Option<&Chain<'_>>,
    seen: &mut Seen,
) -> Verdict {
    match param.source {
        Source::Value(Place::Path) if !param.from_prefix => check_segments(route, param, above),
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
                let param = &node.params[i];
                return_if_wrong!(check_names(route, param, Some(&chain), seen));
                // A generic dependency has no check on its own parameters, because it is many types.
                if node.generic {
                    return_if_wrong!(check_options(param));
                    return_if_wrong!(check_scope(node, param));
                    return_if_wrong!(check_body(node.params, &[], i));
                }
                i += 1;
            }
            Verdict::RIGHT
        }
        _ => Verdict::RIGHT,
    }
}

/// Whether the template has what one parameter reads of the path.
const fn check_segments(route: &'static RouteNode, param: &ParamNode, above: Option<&Chain<'_>>) -> Verdict {
    let is_missing = param.scalar && !contains(route.segments, param.key);
    if !is_missing && (param.parts == 0 || param.parts == route.segments.len()) {
        return Verdict::RIGHT;
    }
    let (template, key, name) = (route.template, param.key, param.name);
    let mut verdict = Verdict::wrong(&[route.name, " -> "]);
    add_names(&mut verdict, above);
    if is_missing {
        verdict.add(&[
            name,
            ": the template \"",
            template,
            "\" has no path parameter `",
            key,
            "`; add `{",
            key,
            "}` to it, or write #[param(from_prefix)] on `",
            name,
            "` where the prefix of a Router has it",
        ]);
    } else {
        verdict.add(&[
            name,
            if param.parts > route.segments.len() { " has more parts than" } else { " has fewer parts than" },
            " the template \"",
            template,
            "\" has path parameters; write one for each, or #[param(from_prefix)] on `",
            name,
            "` where the prefix of a Router has the others",
        ]);
    }
    verdict
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
