use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use super::{Param, Untaken};
use crate::graph::fuel::{Fuel, HasSource};
use crate::graph::node::Source;
use crate::scope::{Scope, Site, Value};

/// What [`App::state`](crate::App::state) was given: one value of each type, shared by all requests.
///
/// It dereferences to the value and clones cheaply. A state that a route or one of its dependencies wants and the app was not
/// given is found when the app starts: the start fails and names the chain that wants it.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Greeting(String);
///
/// #[get("/")]
/// async fn index(greeting: State<Greeting>) -> String {
///     greeting.0.clone()
/// }
///
/// let app = App::new().state(Greeting("hello".into())).routes(routes![index]);
/// # let _ = app;
/// ```
// As in `Depends`, the value is downcast at each access: so a state that is not `Send` is one error, and not one per future that holds it.
#[doc(alias("Data", "Extension"))]
pub struct State<T> {
    value: Value,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> State<T> {
    /// Wraps a plain value, for calling a path function or dependency from a test.
    pub fn new(value: T) -> Self {
        Self::from_value(Arc::new(value))
    }

    fn from_value(value: Value) -> Self {
        Self { value, of: PhantomData }
    }
}

impl<T: 'static> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.downcast_ref().unwrap_or_else(|| {
            panic!(
                "the slot of the state `{}` holds another type: the plan of the request is wrong, which is a bug in epilogue",
                type_name::<T>()
            )
        })
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), of: PhantomData }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&**self).finish()
    }
}

/// The source of a `State<T>` parameter.
#[doc(hidden)]
#[derive(Debug)]
pub struct FromState<T>(PhantomData<T>);

impl<T: 'static> HasSource for FromState<T> {
    const SOURCE: Source = Source::State { id: TypeId::of::<T>(), name: type_name::<T> };
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Param for State<T> {
    type Source<F: Fuel> = FromState<T>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        Ok(Self::from_value(scope.state(site)))
    }
}

/// The type of the state that a parameter asks for.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not the `State` of epilogue",
    note = "import `epilogue::State`, or write `Extract<…>` for an axum extractor"
)]
pub trait InState {
    type Value;
}

impl<T> InState for State<T> {
    type Value = T;
}
