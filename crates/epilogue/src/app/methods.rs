use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};

use crate::graph::node::RouteNode;
use crate::response::HttpError;
use crate::scope::asks_for_websocket;

/// The routes of one path, by method.
#[derive(Default)]
pub(super) struct MethodTable {
    methods: Vec<(Method, usize)>,
    websocket: Option<usize>,
}

impl MethodTable {
    /// Adds a route; the error is the route that is already there.
    pub(super) fn add(&mut self, node: &RouteNode, route: usize) -> Result<(), usize> {
        if node.is_websocket() {
            return self.websocket.replace(route).map_or(Ok(()), Err);
        }
        let method = Method::from_bytes(node.method.as_bytes())
            .expect("the route macros name methods of HTTP only, which are all valid");
        if let Some((_, first)) = self.methods.iter().find(|(of, _)| *of == method) {
            return Err(*first);
        }
        self.methods.push((method, route));
        Ok(())
    }

    /// The route that answers. If there is no function for HEAD, GET answers it, and the body is left out on the way to the
    /// client. A GET may have a page and a WebSocket at the same path: whoever asks for a WebSocket gets that.
    pub(super) fn find(&self, request: &Parts) -> Option<usize> {
        let of = |method: &Method| self.methods.iter().find(|(of, _)| of == method).map(|(_, route)| *route);
        let plain = of(&request.method)
            .or_else(|| if request.method == Method::HEAD { of(&Method::GET) } else { None });
        match self.websocket {
            Some(route)
                if request.method == Method::GET && (plain.is_none() || asks_for_websocket(request)) =>
            {
                Some(route)
            }
            _ => plain,
        }
    }

    /// The reply to a method that no route has.
    pub(super) fn not_allowed(&self) -> HttpError {
        let error = HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        match HeaderValue::try_from(self.allowed()) {
            Ok(allowed) => error.header(header::ALLOW, allowed),
            Err(_) => error,
        }
    }

    fn allowed(&self) -> String {
        let mut allowed: Vec<&str> = self.methods.iter().map(|(method, _)| method.as_str()).collect();
        if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
            allowed.push("HEAD");
        }
        if self.websocket.is_some() && !allowed.contains(&"GET") {
            allowed.push("GET");
        }
        allowed.sort_unstable();
        allowed.join(", ")
    }
}
