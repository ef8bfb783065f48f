use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use parking_lot::Mutex;

use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::param::{Param, Untaken, described};
use crate::scope::{Scope, Site};

/// The reply in the making: FastAPI's injected
/// [`Response`](https://fastapi.tiangolo.com/advanced/response-headers/#use-a-response-parameter).
///
/// There is one per request, shared by the path function and all its dependencies: `reply: &Reply`.
///
/// What is set here is merged into what the path function returns. Headers are appended to the reply's own, but a
/// content type replaces the reply's. The status replaces the route's `status = …`, but not a status that the
/// returned reply has itself (any but `200`). None of it reaches the reply of a request that failed.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn visits(reply: &Reply, visits: Cookie<Option<u32>>) -> u32 {
///     let visits = visits.unwrap_or(0) + 1;
///     reply.set_cookie("visits", visits.to_string());
///     visits
/// }
///
/// #[get("/")]
/// async fn index(reply: &Reply, visits: Depends<visits>) -> String {
///     reply.append_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
///     format!("visit number {}", *visits)
/// }
/// ```
#[doc(alias = "Response")]
#[derive(Clone, Debug, Default)]
pub struct Reply(Arc<Mutex<Draft>>);

#[derive(Debug, Default)]
struct Draft {
    status: Option<StatusCode>,
    headers: HeaderMap,
}

impl Reply {
    /// A reply in which nothing is set yet, for calling a path function or dependency from a test.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the status; the last one that is set counts.
    pub fn set_status(&self, status: StatusCode) {
        self.with(|draft| draft.status = Some(status));
    }

    /// The status that was set last.
    pub fn status(&self) -> Option<StatusCode> {
        self.with(|draft| draft.status)
    }

    /// Adds a header beside those of the same name.
    pub fn append_header(&self, name: HeaderName, value: HeaderValue) {
        self.with(|draft| draft.headers.append(name, value));
    }

    /// Sets a header, in place of those of the same name that were set here before.
    pub fn set_header(&self, name: HeaderName, value: HeaderValue) {
        self.with(|draft| draft.headers.insert(name, value));
    }

    /// The headers that were set so far.
    pub fn headers(&self) -> HeaderMap {
        self.with(|draft| draft.headers.clone())
    }

    /// Merges the headers that were set into the reply that the path function returned, and returns the status that was set.
    pub(crate) fn merge_into<B>(&self, response: &mut http::Response<B>) -> Option<StatusCode> {
        let draft = self.with(std::mem::take);
        add_headers(response.headers_mut(), draft.headers);
        draft.status
    }

    fn with<T>(&self, change: impl FnOnce(&mut Draft) -> T) -> T {
        change(&mut self.0.lock())
    }
}

described!(
    /// The reply in the making.
    TheReply = Source::Reply
);

#[diagnostic::do_not_recommend]
impl Param for Reply {
    type Source<F: Fuel> = TheReply;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(scope.reply().clone())
    }
}

/// Adds headers beside those of the same name; a content type replaces the one that is there.
pub(super) fn add_headers(headers: &mut HeaderMap, added: HeaderMap) {
    let mut name = None;
    for (next, value) in added {
        // A header map yields each name once, and `None` for its further values.
        name = next.or(name);
        if name == Some(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, value);
        } else if let Some(name) = &name {
            headers.append(name.clone(), value);
        }
    }
}
