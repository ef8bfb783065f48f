use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Dependency;
use crate::graph::fuel::{Fuel, HasNode, HasSource};
use crate::graph::node::{Need, Sharing, Source};
use crate::graph::way::Way;
use crate::param::{Own, Param, Untaken};
use crate::rejection::Rejection;
use crate::scope::{Scope, Site, Value};

/// A dependency's output, shared by everything in the request that depends on it.
///
/// It dereferences to the output, clones cheaply (a reference count) and may be moved into a task. `D` is the name of
/// the function under `#[dependency]`. The function runs at most once per request, however often it is asked for;
/// write `Depends<Fresh<D>>` for a separate output.
///
/// Nothing moves out of it, since the output is shared: `(*user).clone()` copies the output. If the output is
/// `Display` or `Serialize`, so is the `Depends`, and it is written in the same way: `Json(user)` is a reply.
///
/// `Option<Depends<D>>` and `Result<Depends<D>, Rejection>` ask for the same without failing the request.
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
///     greeting.to_uppercase()
/// }
///
/// // Both are still plain functions, for a unit test to call:
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let greeting = greeting(Query(String::from("ferris")));
/// assert_eq!(index(Depends::new(greeting)).await, "HELLO FERRIS");
/// # });
/// ```
// The value is downcast at each access, and not once: so a `Depends` is `Send` whatever `D` is. An output that is not `Send`
// is then one error, at the dependency, and not one more at everything that takes it.
pub struct Depends<D> {
    value: Value,
    dependency: PhantomData<fn() -> D>,
}

impl<D: Dependency> Depends<D> {
    /// Wraps a plain value, for calling a path function or dependency from a test.
    pub fn new(output: D::Output) -> Self
    where
        D::Output: Send + Sync,
    {
        Self::from_value(Arc::new(output))
    }

    pub(crate) fn from_value(value: Value) -> Self {
        Self { value, dependency: PhantomData }
    }
}

impl<D> Depends<D> {
    /// The same under another name of its dependency.
    pub(crate) fn named<This>(self) -> Depends<This> {
        Depends { value: self.value, dependency: PhantomData }
    }
}

impl<D: Dependency> Deref for Depends<D> {
    type Target = D::Output;

    fn deref(&self) -> &D::Output {
        self.value.downcast_ref().unwrap_or_else(|| {
            panic!(
                "the slot of `{}` holds another type: the plan of the request is wrong, which is a bug in epilogue",
                std::any::type_name::<D>()
            )
        })
    }
}

impl<D> Clone for Depends<D> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), dependency: PhantomData }
    }
}

impl<D: Dependency> fmt::Debug for Depends<D>
where
    D::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Depends").field(&**self).finish()
    }
}

impl<D: Dependency> fmt::Display for Depends<D>
where
    D::Output: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The schema of the output, which a reply may hold.
#[cfg(feature = "openapi")]
impl<D: Dependency> schemars::JsonSchema for Depends<D>
where
    D::Output: schemars::JsonSchema,
{
    fn inline_schema() -> bool {
        D::Output::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        D::Output::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        D::Output::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        D::Output::json_schema(generator)
    }
}

impl<D: Dependency> Serialize for Depends<D>
where
    D::Output: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// The source of a `Depends<D>` parameter.
#[doc(hidden)]
#[derive(Debug)]
pub struct OnDependency<D, F, const OPTIONAL: bool>(PhantomData<(D, F)>);

impl<D: Dependency, F: Fuel, const OPTIONAL: bool> HasSource for OnDependency<D, F, OPTIONAL> {
    const SOURCE: Source = Source::Dependency {
        node: <F::Edge<D> as HasNode>::NODE,
        type_name: <F::Edge<D> as HasNode>::type_name,
        sharing: if D::FRESH { Sharing::Fresh } else { Sharing::Shared },
        need: if OPTIONAL { Need::Optional } else { Need::Required },
    };

    const WAY: Way = <F::Edge<D> as HasNode>::WAY;
}

#[diagnostic::do_not_recommend]
impl<D: Dependency> Param<Own> for Depends<D> {
    type Source<F: Fuel> = OnDependency<D, F, false>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        let value = if const { std::mem::needs_drop::<D::Output>() } {
            scope.dependency(site).map_err(Untaken::failed)
        } else {
            scope.dependency_to_end(site)
        };
        value.map(Self::from_value)
    }
}

#[diagnostic::do_not_recommend]
impl<D: Dependency> Param<Own> for Option<Depends<D>> {
    type Source<F: Fuel> = OnDependency<D, F, true>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        Ok(scope.dependency(site).ok().map(Depends::from_value))
    }
}

#[diagnostic::do_not_recommend]
impl<D: Dependency> Param<Own> for Result<Depends<D>, Rejection> {
    type Source<F: Fuel> = OnDependency<D, F, true>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        Ok(scope.dependency(site).map(Depends::from_value))
    }
}

/// The dependency that a parameter names.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not the `Depends` of epilogue",
    note = "import `epilogue::Depends`"
)]
pub trait InDepends {
    type Named;
}

#[diagnostic::do_not_recommend]
impl<D> InDepends for Depends<D> {
    type Named = D;
}

#[diagnostic::do_not_recommend]
impl<D> InDepends for Option<Depends<D>> {
    type Named = D;
}

#[diagnostic::do_not_recommend]
impl<D> InDepends for Result<Depends<D>, Rejection> {
    type Named = D;
}
