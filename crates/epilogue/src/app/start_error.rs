use super::table::MOST_PARAMETERS;
use crate::graph::SourceLine;
use crate::scope::PlanError;

/// Why an app does not start.
///
/// A test that starts the app finds all of these:
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/")]
/// async fn index(greeting: State<String>) -> String {
///     greeting.to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = App::new().routes(routes![index]);
/// let error = app.start().await.unwrap_err();
/// assert!(error.to_string().contains("App::state"));
/// assert!(app.state(String::from("hello")).start().await.is_ok());
/// # }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something that a route needs is not there.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Two path functions answer one method and path.
    #[error(
        "`{first}` ({first_at}) and `{second}` ({second_at}) both answer {method} {path}: remove one, or change its path"
    )]
    #[non_exhaustive]
    Collision {
        /// The path function that was added first.
        first: &'static str,
        /// Its line.
        first_at: SourceLine,
        /// The other one.
        second: &'static str,
        /// Its line.
        second_at: SourceLine,
        /// The method of both.
        method: &'static str,
        /// The path of both.
        path: String,
    },
    /// A path cannot be told apart from another one.
    #[error("the path `{path}` of `{route}` ({at}) cannot be routed: {reason}")]
    #[non_exhaustive]
    Path {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
        /// Which other path it cannot be told from, and what to do.
        reason: String,
    },
    /// A path has more parameters than the routing table takes.
    #[error("the path `{path}` of `{route}` ({at}) has more than {MOST_PARAMETERS} parameters")]
    #[non_exhaustive]
    Parameters {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
    },
    /// A router's prefix is not valid.
    #[error("the prefix `{prefix}` of a router is not valid: {reason}")]
    #[non_exhaustive]
    Prefix {
        /// The prefix.
        prefix: String,
        /// What is wrong with it, and what to write instead.
        reason: String,
    },
    /// A path at which [`App::openapi`](crate::App) serves the documentation is not one.
    #[error(
        "the documentation of the API cannot be served at `{path}`: write a path that begins with a slash, as clients send it, without `{{`, `}}`, `?` and `#`"
    )]
    #[non_exhaustive]
    DocsPath {
        /// The path.
        path: String,
    },
    /// A route has an empty template, and no router with a prefix around it.
    #[error(
        "the path of `{route}` ({at}) is empty: write \"/\" as its template, or put it under a `Router` with a prefix"
    )]
    #[non_exhaustive]
    Empty {
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
    },
    /// Two segments of a path have one name, one of them perhaps in the prefix of a router.
    #[error(
        "two segments of the path `{path}` of `{route}` ({at}) are named `{{{name}}}`: rename one, each needs its own name"
    )]
    #[non_exhaustive]
    Names {
        /// The path with the prefixes of its routers.
        path: String,
        /// The path function.
        route: &'static str,
        /// Its line.
        at: SourceLine,
        /// The name of both.
        name: String,
    },
    /// An app-scoped dependency could not be built. Those that were built before it have been exited.
    #[error("the app-scoped dependency `{dependency}`, which {wanted_by}, could not be built: {reason}")]
    #[non_exhaustive]
    Dependency {
        /// Its name.
        dependency: &'static str,
        /// The route that needs it, its line, and the chain of parameters that led to it first.
        wanted_by: String,
        /// Why: the error that it returned or, for an error type of your own, the reply that the error turns into.
        reason: String,
    },
    /// Something of the app's panicked as it started, outside of its dependencies: most likely a layer, as it was put around the app.
    #[error("the app could not start, most likely because of a layer that was put around it: {reason}")]
    #[non_exhaustive]
    Panicked {
        /// What the panic said.
        reason: String,
    },
    /// The app of an [`EpilogueLayer`](crate::EpilogueLayer) runs a dependency for its routes, which would not run for axum's handlers.
    #[error(
        "`App::depends::<{dependency}>()` is for the app's own routes and does not run for axum's handlers under an `EpilogueLayer`: take \
         `Depends<{dependency}>` in the handlers, and let a `Router` of the app's own routes have it if there are any"
    )]
    #[non_exhaustive]
    EffectInLayer {
        /// Its name.
        dependency: &'static str,
    },
    /// The last server was told to stop, [`App::drain`](crate::App::drain) was called, or the runtime shut down, before the app-scoped
    /// dependencies were built. Those that were built have been exited; the log names those that were still being built. The app has not
    /// ended: it can be started again.
    #[error("the app was stopped before it had started")]
    Stopped,
    /// The app has ended, by [`App::drain`](crate::App::drain) or with the last of its servers. Its app-scoped dependencies have been exited.
    #[error("the app has ended, and its app-scoped dependencies have been exited: make a new `App`")]
    Ended,
    /// `App::resolve` asked for a dependency that no route uses, in an app that had started without it.
    #[error(
        "`{dependency}` was not built at the start, because no route uses it: call `App::build_at_start` with it, or `resolve` before the start"
    )]
    #[non_exhaustive]
    NotBuilt {
        /// Its name.
        dependency: &'static str,
    },
}
