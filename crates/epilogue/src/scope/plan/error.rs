//! Why no plan can be made of a route.

use crate::graph::SourceLine;

/// A mistake in a route that can only be found at the start. The chain leads from the route to the parameter.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::{PlanError, StartError};
///
/// #[get("/")]
/// async fn index(greeting: State<String>) -> String {
///     greeting.to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let error = App::new().routes(routes![index]).start().await.unwrap_err();
/// assert!(matches!(error, StartError::Plan(PlanError::MissingState { route: "index", .. })));
/// # }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Something takes a `State` that the app was not given.
    #[error(
        "`{route}` ({at}) needs `State<{state}>` through {chain}, but the app has no such state: call `App::state` with one"
    )]
    #[non_exhaustive]
    MissingState {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The state's type.
        state: &'static str,
        /// The parameters that lead to it.
        chain: String,
    },
    /// Something reads a name that the path of the route does not have.
    #[error(
        "`{route}` ({at}) reads the path parameter `{name}` through {chain}, but its path is `{path}`: add `{{{name}}}` to it, or read a name that it has"
    )]
    #[non_exhaustive]
    MissingSegment {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The name.
        name: String,
        /// The route's whole path.
        path: String,
        /// The parameters that lead to it.
        chain: String,
    },
    /// A tuple takes all segments of the path in order, and there are more or fewer.
    #[error(
        "`{route}` ({at}) reads {parts} path parameters in order through {chain}, but its path is `{path}`: write one part for each"
    )]
    #[non_exhaustive]
    SegmentCount {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// How many it takes.
        parts: usize,
        /// The route's whole path.
        path: String,
        /// The parameters that lead to it.
        chain: String,
    },
    /// A parameter limits a field that its struct does not read under that name.
    #[error(
        "`{route}` ({at}) limits `{field}` in the `fields(…)` of {chain}, but nothing is read under that name, so the limit would never hold: \
         give the field the name that clients send, as in `alias = \"…\"`; {known}"
    )]
    #[non_exhaustive]
    UnknownField {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The name that is limited.
        field: &'static str,
        /// The names that there are.
        known: String,
        /// The parameters that lead to it.
        chain: String,
    },
    /// A parameter limits a field under one of its names only.
    #[error(
        "`{route}` ({at}) limits `{field}` in the `fields(…)` of {chain}, and clients may send the same field as `{other}`, for which no limit \
         holds: write it a second time, with the same limits and `alias = \"{other}\"`"
    )]
    #[non_exhaustive]
    UnlimitedName {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The name that is limited.
        field: &'static str,
        /// The name that is not.
        other: &'static str,
        /// The parameters that lead to it.
        chain: String,
    },
    /// A parameter has an alias, and is read under the names of its fields.
    #[error(
        "`{route}` ({at}) gives {chain} the alias `{alias}`, which nothing looks up: its type reads {reads}; remove the alias"
    )]
    #[non_exhaustive]
    UnusedAlias {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The alias.
        alias: &'static str,
        /// What is read in its place.
        reads: String,
        /// The parameters that lead to it.
        chain: String,
    },
    /// An override stands for a dependency that it depends on itself.
    #[error(
        "{stand_in} ends up depending on itself: {chain} of `{route}` ({at}); let it depend on something else"
    )]
    #[non_exhaustive]
    OverrideCycle {
        /// The override.
        stand_in: String,
        /// The path function.
        route: &'static str,
        /// The line of the parameter that closes the circle.
        at: SourceLine,
        /// The parameters that lead there.
        chain: String,
    },
    /// An override is exited before something that depends on it.
    #[error(
        "`{route}` ({at}) would, because of an override, exit `{early}` before the reply, and `{late}`, which depends on it, after: {chain}; give both the same scope"
    )]
    #[non_exhaustive]
    ExitedEarly {
        /// The path function.
        route: &'static str,
        /// The line of the parameter that the late one is for.
        at: SourceLine,
        /// The dependency whose exit has to run last, and runs first.
        early: &'static str,
        /// The one that depends on it.
        late: &'static str,
        /// The parameters that lead to the late one.
        chain: String,
    },
    /// An override of an app-scoped dependency takes a value of a request.
    #[error(
        "{stand_in} takes a value of a request through {chain} of `{route}` ({at}), and what it stands in for is app-scoped: let it take \
         states and app-scoped dependencies alone"
    )]
    #[non_exhaustive]
    NotInApp {
        /// The override.
        stand_in: String,
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The parameters that lead to it.
        chain: String,
    },
    /// A `pattern` cannot be compiled.
    #[error(
        "`{route}` ({at}) has the pattern `{pattern}` at {chain}, which is not a regular expression that can be used: {reason}"
    )]
    #[non_exhaustive]
    Pattern {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The pattern.
        pattern: &'static str,
        /// The parameters that lead to it.
        chain: String,
        /// Why.
        reason: String,
    },
    /// Something reads the body that another parameter takes unread.
    #[error(
        "`{route}` ({at}) uses the body twice: an `Extract` takes it unread, and {chain} reads it too; remove one of them"
    )]
    #[non_exhaustive]
    BodyTwice {
        /// The path function.
        route: &'static str,
        /// The line of the second parameter.
        at: SourceLine,
        /// The parameters that lead to it.
        chain: String,
    },
    /// Too many generic dependencies follow each other.
    #[error(
        "`{route}` ({at}) has a chain of generic dependencies that does not end, or has more than 23: {chain}"
    )]
    #[non_exhaustive]
    TooDeep {
        /// The path function.
        route: &'static str,
        /// The line of the parameter.
        at: SourceLine,
        /// The parameters that lead there.
        chain: String,
    },
}
