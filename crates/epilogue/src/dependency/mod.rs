//! Dependencies: what `#[dependency]` makes of a function, and how a parameter asks for its output.

mod depends;
mod exit;
mod fresh;

pub(crate) use depends::OnDependency;
pub use depends::{Depends, InDepends};
pub use exit::{ExitReturn, Outcome};
pub use fresh::Fresh;

use crate::graph::fuel::{Fuel, HasNode};
use crate::graph::node::DependencyNode;

/// A function or struct under `#[dependency]` or `#[derive(Dependency)]`: what [`Depends`] names.
///
/// It is implemented by the macros only, since it carries the constant graph that the compiler checks. It can be a bound:
///
/// ```
/// use epilogue::Dependency;
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn verify_token(x_token: Header<String>) -> Result<(), HttpError> {
///     if *x_token == "secret" { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "wrong token")) }
/// }
///
/// #[get("/stats")]
/// async fn stats() -> &'static str {
///     "{}"
/// }
///
/// fn admin<Guard: Dependency>() -> Router {
///     Router::new("/admin").depends::<Guard>().routes(routes![stats])
/// }
///
/// let app = App::new().router(admin::<verify_token>());
/// # let _ = app;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dependency",
    label = "not a dependency: `Depends<…>` takes the name of a function under `#[dependency]`",
    note = "write `#[dependency]` above the function and name the function here, or `#[derive(Dependency)]` on the struct",
    note = "what is a parameter itself, such as `BackgroundTasks` or `HttpBearer`, stands there without `Depends`"
)]
pub trait Dependency: 'static {
    /// What the function returns; the `Ok` type where it returns a `Result`. It is [`Shared`](crate::Shared), which the macro checks.
    type Output: 'static;

    /// The dependency itself. For a type that is not a dependency this is an error type, so that rustc reports it only once.
    #[doc(hidden)]
    type This: Dependency;

    /// The node at which an edge to it ends.
    #[doc(hidden)]
    type Target<F: Fuel>: HasNode;

    /// Its node without its parameters.
    #[doc(hidden)]
    const ALONE: DependencyNode;

    /// Its node, to which all edges lead; `None` if it is generic, and so has no `static` for it.
    #[doc(hidden)]
    const NODE: Option<&'static DependencyNode>;

    /// Whether each parameter gets an output of its own; only [`Fresh`] says so.
    #[doc(hidden)]
    const FRESH: bool = false;
}

/// A dependency under `#[dependency(scope = "app")]`, which is built once, at the start.
///
/// It is implemented by the macro only.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::AppScoped;
///
/// #[dependency(scope = "app")]
/// async fn mailer() -> String {
///     "smtp://localhost".into()
/// }
///
/// fn with_early<D: AppScoped>(app: App) -> App {
///     app.build_at_start::<D>()
/// }
///
/// let app = with_early::<mailer>(App::new());
/// # let _ = app;
/// ```
///
/// A dependency of another scope does not become one:
///
/// ```compile_fail,E0046
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn session() -> String {
///     "opened".into()
/// }
///
/// impl epilogue::AppScoped for session {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app-scoped dependency",
    label = "not built at the start",
    note = "write `#[dependency(scope = \"app\")]` above the function and name the function here"
)]
pub trait AppScoped: Dependency {
    /// What nobody else writes.
    #[doc(hidden)]
    const IMPLEMENTED_BY_THE_MACRO: ();
}
