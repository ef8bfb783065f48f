//! What a request got wrong, in FastAPI's words: the 422 reply.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use parking_lot::Mutex;
use serde::Serialize;

use crate::response::{self, Failure};

/// Where in the request a value stands: the first element of an error's `loc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body.
    Body,
}

impl Place {
    /// The word that stands in `loc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// One value that failed validation: an entry of the `detail` list of FastAPI's
/// [`RequestValidationError`](https://fastapi.tiangolo.com/tutorial/handling-errors/#override-request-validation-exceptions).
///
/// ```
/// use epilogue::prelude::*;
///
/// let app = App::new().on_error(|rejection: &Rejection, _parts| {
///     let lines: Vec<&str> = rejection.errors().iter().map(|error| error.msg.as_str()).collect();
///     (StatusCode::BAD_REQUEST, lines.join("\n"))
/// });
/// # let _ = app;
/// ```
///
/// A function that checks what no parameter can check makes its own:
///
/// ```
/// use epilogue::Invalid;
/// use epilogue::prelude::*;
///
/// #[post("/bookings")]
/// async fn book(from: Query<u32>, to: Query<u32>) -> Result<StatusCode, Rejection> {
///     if *to <= *from {
///         let error = Invalid::new("value_error", ["query", "to"], "Value error, it ends before it begins", *to);
///         return Err(Rejection::new(vec![error]));
///     }
///     Ok(StatusCode::CREATED)
/// }
/// # let _ = routes![book];
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Invalid {
    /// The kind of error in [pydantic's words](https://docs.pydantic.dev/latest/errors/validation_errors/): `missing`, `int_parsing`,
    /// `less_than_equal`, …
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The place, then the path to the value: `["body", "tags", 0]`.
    pub loc: Vec<Loc>,
    /// The error as a sentence.
    pub msg: String,
    /// What was sent instead.
    pub input: serde_json::Value,
    /// What the sentence says, as data: `{"ge": 1}` where a limit was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<serde_json::Value>,
}

impl Invalid {
    /// A value that failed a check of your own: the fields of the same names, without a `ctx`. `loc` begins with the place: `path`, `query`,
    /// `header`, `cookie` or `body`.
    pub fn new(
        kind: impl Into<Cow<'static, str>>,
        loc: impl IntoIterator<Item: Into<Loc>>,
        msg: impl Into<String>,
        input: impl Into<serde_json::Value>,
    ) -> Self {
        let loc = loc.into_iter().map(Into::into).collect();
        Self { kind: kind.into(), loc, msg: msg.into(), input: input.into(), ctx: None }
    }

    pub(crate) fn place(&self) -> Option<Place> {
        const PLACES: [Place; 5] = [Place::Path, Place::Query, Place::Header, Place::Cookie, Place::Body];
        let Loc::Name(name) = self.loc.first()? else { return None };
        PLACES.into_iter().find(|place| place.as_str() == name)
    }
}

/// One step of the path to a value.
///
/// ```
/// use epilogue::Loc;
/// use epilogue::prelude::*;
///
/// /// `items[0].price`, as a page with a form would show it.
/// fn field(loc: &[Loc]) -> String {
///     let mut field = String::new();
///     for step in &loc[1..] { // the first is the place, such as `body`
///         match step {
///             Loc::Name(name) if field.is_empty() => field.push_str(name),
///             Loc::Name(name) => field.extend([".", name]),
///             Loc::Index(index) => field.push_str(&format!("[{index}]")),
///         }
///     }
///     field
/// }
///
/// assert_eq!(field(&["body".into(), "items".into(), 0.into(), "price".into()]), "items[0].price");
///
/// let app = App::new().on_error(|rejection: &Rejection, _parts| {
///     let fields: Vec<_> = rejection.errors().iter().map(|error| field(&error.loc)).collect();
///     (StatusCode::UNPROCESSABLE_ENTITY, Json(fields))
/// });
/// # let _ = app;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Loc {
    /// A name: of a place, a parameter or a field.
    Name(Cow<'static, str>),
    /// A position: in a list, or the character at which a text stopped being JSON.
    Index(usize),
}

impl From<&'static str> for Loc {
    fn from(name: &'static str) -> Self {
        Self::Name(name.into())
    }
}

impl From<String> for Loc {
    fn from(name: String) -> Self {
        Self::Name(name.into())
    }
}

impl From<usize> for Loc {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// Why a dependency has no output for this request: values that failed validation, or its own error.
///
/// As a reply it is what the request would have got: `422` with the list of errors, or the reply of the dependency's
/// own error. If a function returns it as its error, the request fails as the dependency failed. This also holds if a
/// `?` makes an [`HttpError`](crate::HttpError) of it.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn page(limit: Query<u32>) -> u32 {
///     *limit
/// }
///
/// #[get("/items")]
/// async fn items(page: Result<Depends<page>, Rejection>) -> String {
///     match page {
///         Ok(page) => page.to_string(),
///         Err(rejection) => format!("{} errors", rejection.errors().len()),
///     }
/// }
/// ```
#[doc(alias = "RequestValidationError")]
#[derive(Clone)]
pub struct Rejection(Cause);

#[derive(Clone)]
enum Cause {
    Invalid(Arc<[Invalid]>),
    Failed(Arc<Mutex<Option<Failure>>>),
}

impl Rejection {
    /// A rejection for these errors, in this order.
    pub fn new(errors: Vec<Invalid>) -> Self {
        Self(Cause::Invalid(errors.into()))
    }

    pub(crate) fn of_failure(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => rejection,
            failure => Self(Cause::Failed(Arc::new(Mutex::new(Some(failure))))),
        }
    }

    /// The rejection without what is said twice, as where two functions take the same value.
    pub(crate) fn without_duplicates(errors: Vec<Invalid>) -> Self {
        // By their places, since there may be many.
        let mut known: HashMap<Vec<Loc>, Vec<usize>> = HashMap::new();
        let mut once: Vec<Invalid> = Vec::with_capacity(errors.len());
        for error in errors {
            let here = known.entry(error.loc.clone()).or_default();
            if !here.iter().any(|&index| once[index] == error) {
                here.push(once.len());
                once.push(error);
            }
        }
        Self::new(once)
    }

    /// What a dependency that nobody requires came to: its own values, and those of what it depends on.
    pub(crate) fn merged(own: Vec<Invalid>, below: Option<Self>) -> Self {
        match below {
            Some(Self(Cause::Invalid(errors))) => Self::without_duplicates([errors.to_vec(), own].concat()),
            Some(failed) => failed,
            None => Self::new(own),
        }
    }

    /// The error by which a dependency failed; none where values failed validation.
    pub(crate) fn into_raised(self) -> Option<Failure> {
        match self.0 {
            Cause::Invalid(_) => None,
            Cause::Failed(failure) => failure.lock().take(),
        }
    }

    /// What the request fails with; none where its error has become a reply already.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        match self.0 {
            Cause::Invalid(_) => Some(Failure::Rejected(self)),
            Cause::Failed(_) => self.into_raised(),
        }
    }

    /// The reply, of a request to this route if it is known.
    pub(crate) fn respond(self, route: Option<&str>) -> Response {
        match self.0 {
            Cause::Invalid(errors) => response::detailed(StatusCode::UNPROCESSABLE_ENTITY, &*errors),
            Cause::Failed(failure) => {
                let failure = failure.lock().take();
                failure.map_or_else(response::internal_server_error, |failure| failure.into_response(route))
            }
        }
    }

    /// The status of the reply, as far as it is known before the reply is made.
    pub(crate) fn status(&self) -> StatusCode {
        match &self.0 {
            Cause::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Cause::Failed(failure) => {
                let failure = failure.lock();
                let status = failure.as_ref().and_then(Failure::status);
                status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// The values that failed validation, in the order in which they were found; none if a dependency failed with an error of its own.
    pub fn errors(&self) -> &[Invalid] {
        match &self.0 {
            Cause::Invalid(errors) => errors,
            Cause::Failed(_) => &[],
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Failed(_) => f.write_str("a dependency failed"),
            Cause::Invalid(errors) => {
                f.write_str("the request failed validation")?;
                for (i, error) in errors.iter().enumerate() {
                    f.write_str(if i == 0 { ": " } else { "; " })?;
                    for (step, loc) in error.loc.iter().enumerate() {
                        f.write_str(if step == 0 { "" } else { "." })?;
                        match loc {
                            // A client may have chosen it: the name of a field can hold a line break.
                            Loc::Name(name) => write_in_line(f, name)?,
                            Loc::Index(index) => write!(f, "{index}")?,
                        }
                    }
                    let separator = if error.loc.is_empty() { "" } else { ": " };
                    write!(f, "{separator}{}", error.msg)?;
                }
                Ok(())
            }
        }
    }
}

fn write_in_line(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    name.chars()
        .try_for_each(|c| if c.is_control() { write!(f, "{}", c.escape_debug()) } else { f.write_char(c) })
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({self})")
    }
}

impl std::error::Error for Rejection {}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.respond(None)
    }
}
