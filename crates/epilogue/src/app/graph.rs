use std::any::TypeId;
use std::collections::HashMap;
use std::fmt::Write;

use serde::Serialize;

use super::router::PlacedRoute;
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, ParamNode, Source};

/// Every route of an app with its dependencies: data that serialises, and its drawings.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn greeting(name: Query<String>) -> String {
///     format!("hello {}", *name)
/// }
///
/// #[get("/")]
/// async fn index(greeting: Depends<greeting>) -> String {
///     greeting.to_string()
/// }
///
/// let graph = App::new().routes(routes![index]).graph();
/// assert_eq!(graph.to_mermaid(), "flowchart LR\n  n0[\"GET /\"]\n  n1([\"greeting\"])\n  n0 --> n1\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Graph {
    /// The routes, in the order in which they were added, then the dependencies, in the order in which they are met.
    pub nodes: Vec<GraphNode>,
    /// Who depends on whom, as positions in `nodes`, in the order in which the dependencies run.
    pub edges: Vec<(usize, usize)>,
}

/// A route or a dependency of a [`Graph`].
///
/// A test can look for the routes that a guard is missing from:
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn user(x_user: Header<String>) -> String {
///     x_user.into_inner()
/// }
///
/// #[get("/")]
/// async fn index() {}
///
/// #[get("/me")]
/// async fn me(user: Depends<user>) -> String {
///     user.to_string()
/// }
///
/// let graph = App::new().routes(routes![index, me]).graph();
/// let is_guarded = |at: usize| graph.edges.iter().any(|&(from, to)| from == at && graph.nodes[to].label == "user");
/// let routes = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == "route");
/// let open: Vec<_> = routes.filter(|&(at, _)| !is_guarded(at)).map(|(_, node)| &node.label).collect();
/// assert_eq!(open, ["GET /"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GraphNode {
    /// `GET /path` of a route, the name of a dependency: with its arguments where it is generic, `repo<String>`.
    pub label: String,
    /// The module and the function, as Rust names it.
    pub function: String,
    /// The file and line of the function.
    pub at: String,
    /// `route`, or the scope of a dependency: `function`, `request`, `app`.
    pub kind: &'static str,
    /// The parameters that are values of the request, by place: `query limit`; credentials by their scheme: `security HTTPBasic`.
    pub values: Vec<String>,
    /// Whether it takes the request's task list.
    pub adds_tasks: bool,
    /// Whether it has an exit.
    pub has_exit: bool,
}

impl Graph {
    pub(super) fn of(routes: &[PlacedRoute]) -> Self {
        let mut draft = Draft { graph: Self { nodes: Vec::new(), edges: Vec::new() }, known: HashMap::new() };
        for route in routes {
            draft.graph.nodes.push(route_node(route));
        }
        for (index, route) in routes.iter().enumerate() {
            for param in
                route.dependencies.iter().copied().chain(route.node.dependencies).chain(route.node.params)
            {
                draft.follow(index, param);
            }
        }
        draft.graph
    }

    /// The graph as a [Mermaid](https://mermaid.js.org) flowchart.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (index, node) in self.nodes.iter().enumerate() {
            let (open, close) = if node.kind == "route" { ("[", "]") } else { ("([", "])") };
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "  n{index}{open}\"{}\"{close}", in_mermaid(&node.label));
        }
        for (from, to) in &self.edges {
            let _ = writeln!(text, "  n{from} --> n{to}");
        }
        text
    }

    /// The graph in the [DOT](https://graphviz.org/doc/info/lang.html) language.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[dependency]
    /// fn user(x_user: Header<String>) -> String {
    ///     x_user.into_inner()
    /// }
    ///
    /// #[get("/me")]
    /// async fn me(user: Depends<user>) -> String {
    ///     user.to_string()
    /// }
    ///
    /// assert_eq!(
    ///     App::new().routes(routes![me]).graph().to_dot(),
    ///     r#"digraph app {
    ///   rankdir=LR;
    ///   n0 [label="GET /me", shape=box];
    ///   n1 [label="user", shape=ellipse];
    ///   n0 -> n1;
    /// }
    /// "#
    /// );
    /// ```
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph app {\n  rankdir=LR;\n");
        for (index, node) in self.nodes.iter().enumerate() {
            let shape = if node.kind == "route" { "box" } else { "ellipse" };
            let _ = writeln!(text, "  n{index} [label={:?}, shape={shape}];", node.label);
        }
        for (from, to) in &self.edges {
            let _ = writeln!(text, "  n{from} -> n{to};");
        }
        text.push_str("}\n");
        text
    }
}

struct Draft {
    graph: Graph,
    /// The dependencies that are already in `nodes`.
    known: HashMap<TypeId, usize>,
}

impl Draft {
    fn follow(&mut self, from: usize, param: &ParamNode) {
        let Source::Dependency { node: Some(node), type_name, .. } = param.source else { return };
        let known = self.known.get(&node.id).copied();
        let to = known.unwrap_or(self.graph.nodes.len());
        if !self.graph.edges.contains(&(from, to)) {
            self.graph.edges.push((from, to));
        }
        if known.is_some() {
            return;
        }
        self.known.insert(node.id, to);
        self.graph.nodes.push(dependency_node(node, type_name()));
        for param in node.params {
            self.follow(to, param);
        }
    }
}

fn route_node(route: &PlacedRoute) -> GraphNode {
    GraphNode {
        label: format!("{} {}", route.node.method, route.path),
        function: format!("{}::{}", route.node.module, route.node.name),
        at: route.node.at.to_string(),
        kind: "route",
        values: values_of(route.node.params),
        adds_tasks: takes_tasks(route.node.params),
        has_exit: false,
    }
}

fn dependency_node(node: &DependencyNode, type_name: &str) -> GraphNode {
    GraphNode {
        label: if node.generic { without_modules(type_name) } else { node.name.to_owned() },
        function: format!("{}::{}", node.module, node.name),
        at: node.at.to_string(),
        kind: match node.scope {
            DependencyScope::Function => "function",
            DependencyScope::Request => "request",
            DependencyScope::App => "app",
        },
        values: values_of(node.params),
        adds_tasks: takes_tasks(node.params),
        has_exit: node.exit.is_some(),
    }
}

/// A label as Mermaid shows it: it takes one for HTML, and drops `<String>` as a tag that it does not know.
fn in_mermaid(label: &str) -> String {
    let mut text = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '#' => text.push_str("#35;"),
            '"' => text.push_str("#quot;"),
            '&' => text.push_str("#amp;"),
            '<' => text.push_str("#lt;"),
            '>' => text.push_str("#gt;"),
            other => text.push(other),
        }
    }
    text
}

/// The name of a type as one would write it, from `app::repo<alloc::string::String>`.
fn without_modules(type_name: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = type_name.split_inclusive(|c| !is_path(c));
    words.map(|word| word.rsplit_once("::").map_or(word, |(_, last)| last)).collect()
}

fn values_of(params: &[ParamNode]) -> Vec<String> {
    let value_of = |param: &ParamNode| match param.source {
        Source::Value(place) => Some(format!("{} {}", place.as_str(), param.key)),
        Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody => {
            Some(format!("body {}", param.key))
        }
        Source::Security { scheme, .. } => Some(format!("security {}", scheme.name)),
        _ => None,
    };
    params.iter().filter_map(value_of).collect()
}

fn takes_tasks(params: &[ParamNode]) -> bool {
    params.iter().any(|param| matches!(param.source, Source::Tasks))
}
