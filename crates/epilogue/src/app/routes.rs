use crate::graph::node::RouteNode;

/// A path function under a route macro: what [`routes!`](crate::routes) lists.
///
/// The route macros implement it for a type of the function's name; it is not implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a path function",
    label = "not a path function: it has no route macro",
    note = "write `#[get(\"/path\")]`, `#[post(\"/path\")]` or another route macro above the function"
)]
pub trait Route {
    #[doc(hidden)]
    const NODE: RouteNode;
}

/// What the macros implement: apart from [`Route`], whose implementations rustc would otherwise list where one is missed.
#[doc(hidden)]
pub trait DeclaredRoute {
    const NODE: RouteNode;
}

#[diagnostic::do_not_recommend]
impl<R: DeclaredRoute> Route for R {
    const NODE: RouteNode = R::NODE;
}

/// Path functions, as listed by [`routes!`](crate::routes), for an [`App`](crate::App) or a [`Router`](crate::Router).
///
/// A module can give its list to whoever builds the app:
///
/// ```
/// use epilogue::prelude::*;
///
/// mod users {
///     use epilogue::Routes;
///     use epilogue::prelude::*;
///
///     #[get("/users")]
///     async fn list() -> &'static str {
///         "[]"
///     }
///
///     pub fn routes() -> Routes {
///         routes![list]
///     }
/// }
///
/// let app = App::new().routes(users::routes());
/// # let _ = app;
/// ```
#[derive(Debug, Clone)]
pub struct Routes(pub(crate) Vec<&'static RouteNode>);

impl Routes {
    #[doc(hidden)]
    pub fn new(nodes: &[&'static RouteNode]) -> Self {
        Self(nodes.to_vec())
    }
}

/// What `routes` of an app or a router takes: a [`Routes`], with words for what people pass in its place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of path functions",
    label = "not what `routes![…]` makes",
    note = "write `routes![list, create]` with the names of the path functions; a `Router` is added by `.router(…)`"
)]
#[doc(hidden)]
pub trait RouteList {
    fn listed(self) -> Routes;
}

#[diagnostic::do_not_recommend]
impl RouteList for Routes {
    fn listed(self) -> Routes {
        self
    }
}
