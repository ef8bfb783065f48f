use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;

use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Holds, Param, Untaken, WithValue, wrapper};
use crate::body::into_body;
use crate::decode;
use crate::graph::fuel::{Fuel, HasSource};
use crate::graph::node::Source;
use crate::response::{Failure, HttpError, RaisedError, Replied, WholeReply, unwritten, whole};
use crate::scope::{Scope, Site};

/// JSON: the body as a parameter, and a value as a reply.
///
/// A single `Json` is the whole body. If the path function and its dependencies read several, each stands under its
/// parameter's name, as in [FastAPI](https://fastapi.tiangolo.com/tutorial/body-multiple-params/). Parameters of the
/// same name in several places are read as one body.
///
/// A reply that cannot be written, such as a map whose keys are pairs, fails its request like an error, with a `500`.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Item {
///     name: String,
///     price: f64,
/// }
///
/// #[post("/items", status = 201)]
/// async fn create(item: Json<Item>) -> Json<Item> {
///     item
/// }
/// ```
#[doc(alias = "JSONResponse")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

wrapper!(Json);

/// A JSON body of a type.
#[doc(hidden)]
#[derive(Debug)]
pub struct FromJson<T>(PhantomData<T>);

impl<T: 'static> HasSource for FromJson<T> {
    const SOURCE: Source = Source::Json(TypeId::of::<T>());
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> Param for Json<T> {
    type Source<F: Fuel> = FromJson<T>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        let (body, limits) = (scope.body(), site.limits());
        let embedded = scope.embedded(site);
        let value = match (scope.reads_json(), embedded) {
            (true, _) => decode::from_json(body, embedded, limits),
            // FastAPI gives the type a body that is not declared as JSON as a string.
            (false, None) => decode::from_text(body, limits),
            // A string has no keys, so the value is missing.
            (false, Some(_)) => decode::from_json(&[], embedded, limits),
        };
        value.map(Self).map_err(Untaken::invalid)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Holds for Json<T> {
    type Value = T;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> WithValue for Json<T> {
    fn from_value(value: T) -> Self {
        Self(value)
    }

    fn take_given(scope: &mut Scope, site: &Site) -> Result<Option<Self>, Untaken> {
        let embedded = scope.embedded(site);
        let is_given =
            if scope.reads_json() { decode::is_given(scope.body(), embedded) } else { embedded.is_none() };
        is_given.then(|| Self::take(scope, site)).transpose()
    }
}

impl<T: Serialize> WholeReply for Json<T> {
    #[inline]
    fn into_whole(self) -> Result<Replied, Failure> {
        match json_of(&self.0) {
            Ok(body) => Ok(whole(body, HeaderValue::from_static("application/json"))),
            Err(error) => {
                tracing::error!(%error, value = std::any::type_name::<T>(), "a reply cannot be serialised to JSON");
                Err(HttpError::unexplained().raise())
            }
        }
    }
}

/// Up to this length, a text is copied out of the buffer that it was written to. A longer one takes the buffer with it.
const COPIED: usize = 4096;

thread_local! {
    /// Most replies are short, and their length is not known in advance: a buffer for each would take two allocations.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn json_of<T: Serialize>(value: &T) -> serde_json::Result<Bytes> {
    // Taken out, since the value may itself write JSON while it is being serialised.
    let mut buffer = BUFFER.take();
    serde_json::to_writer(&mut buffer, value)?;
    if buffer.len() > COPIED {
        return Ok(buffer.into());
    }
    let text = Bytes::copy_from_slice(&buffer);
    buffer.clear();
    BUFFER.set(buffer);
    Ok(text)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        self.into_whole().map_or_else(|_| unwritten(), |reply| reply.map(into_body))
    }
}
