use std::marker::PhantomData;

use axum_core::extract::FromRequest;
use axum_core::response::{IntoResponse, Response};
use parking_lot::Mutex;

use super::{Param, Untaken, wrapper};
use crate::graph::fuel::{Fuel, HasSource};
use crate::graph::node::Source;
use crate::response::{Failure, RaisedError};
use crate::scope::{Running, Scope, Site};

/// Any extractor of the axum ecosystem: a type with [`FromRequestParts`](https://docs.rs/axum-core/latest/axum_core/extract/trait.FromRequestParts.html) or
/// [`FromRequest`](https://docs.rs/axum-core/latest/axum_core/extract/trait.FromRequest.html), over the state `()`.
///
/// It runs when its turn comes, among the dependencies, and its rejection is the reply. As in axum, a function may
/// take an `Extract<Result<E, E::Rejection>>`, or an `Extract<Option<E>>` of an extractor that may be optional. Then
/// a rejection does not end the request.
///
/// An extractor of the second kind takes the body itself, unread. Only one parameter of a path function and its
/// dependencies can do so, and no other can read the body beside it.
///
/// An extractor that reads what axum's router has found, such as axum's own `Path` and `MatchedPath`, finds nothing
/// here.
///
/// ```
/// use epilogue::prelude::*;
/// use axum_core::extract::Request;
///
/// #[post("/upload")]
/// async fn upload(request: Extract<Request>) -> String {
///     format!("{:?}", request.headers().get("content-length"))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extract<E>(pub E);

wrapper!(Extract);

/// The marker by which axum's own traits tell extractors of the head from those of the whole request.
#[doc(hidden)]
#[derive(Debug)]
pub struct Via<M, K>(PhantomData<(M, K)>);

/// The source of an `Extract<E>` parameter.
#[doc(hidden)]
#[derive(Debug)]
pub struct FromExtractor<E, M, K>(PhantomData<(E, M, K)>);

/// What an extractor may be rejected with. `K` tells apart an error that exits can see, and a reply, which they cannot.
#[doc(hidden)]
pub trait ExtractRejection<K> {
    fn raise(self) -> Failure;
}

/// An error.
#[doc(hidden)]
#[derive(Debug)]
pub struct AnError;

/// A whole reply.
#[doc(hidden)]
#[derive(Debug)]
pub struct AReply;

#[diagnostic::do_not_recommend]
impl<R: RaisedError> ExtractRejection<AnError> for R {
    fn raise(self) -> Failure {
        RaisedError::raise(self)
    }
}

#[diagnostic::do_not_recommend]
impl ExtractRejection<AReply> for Response {
    fn raise(self) -> Failure {
        RaisedError::raise(RejectionReply(Mutex::new(self)))
    }
}

/// A reply in place of an error. It is not `Sync`, as an error must be.
struct RejectionReply(Mutex<Response>);

impl IntoResponse for RejectionReply {
    fn into_response(self) -> Response {
        self.0.into_inner()
    }
}

impl<E, M, K> HasSource for FromExtractor<E, M, K>
where
    E: FromRequest<(), M, Rejection: ExtractRejection<K>> + Send + 'static,
    M: 'static,
    K: 'static,
{
    const SOURCE: Source = Source::Extract(run::<E, M, K>);
}

fn run<E, M, K>(scope: &mut Scope, sites: &[Site]) -> Running
where
    E: FromRequest<(), M, Rejection: ExtractRejection<K>> + Send + 'static,
    M: 'static,
    K: 'static,
{
    let request = scope.request_for_extractor(sites);
    Running::extracting(async move { E::from_request(request, &()).await.map_err(ExtractRejection::raise) })
}

#[diagnostic::do_not_recommend]
impl<E, M, K> Param<Via<M, K>> for Extract<E>
where
    E: FromRequest<(), M, Rejection: ExtractRejection<K>> + Send + 'static,
    M: 'static,
    K: 'static,
{
    type Source<F: Fuel> = FromExtractor<E, M, K>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        scope.extracted(site).map(Self).map_err(Untaken::failed)
    }
}

/// Whether a parameter takes the body unread: true for an `Extract<E>` whose `E` is not an extractor of the head. The inherent
/// constant exists only for those, and takes precedence over the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct TakesStream<P>(PhantomData<P>);

impl<E: FromRequest<()>> TakesStream<Extract<E>> {
    pub const TAKES_STREAM: bool = true;
}

/// A parameter that leaves the body alone.
#[doc(hidden)]
pub trait LeavesStream {
    const TAKES_STREAM: bool = false;
}

impl<P> LeavesStream for TakesStream<P> {}
