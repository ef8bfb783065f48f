use std::marker::PhantomData;

use axum_core::extract::FromRequest;

use super::{Param, Untaken, wrapper};
use crate::graph::fuel::{Described, Fuel};
use crate::graph::node::Source;
use crate::response::RaisedError;
use crate::scope::{Running, Scope, Site};

/// Any extractor of the axum ecosystem: a type with [`FromRequestParts`](https://docs.rs/axum-core/latest/axum_core/extract/trait.FromRequestParts.html) or
/// [`FromRequest`](https://docs.rs/axum-core/latest/axum_core/extract/trait.FromRequest.html), over the state `()`.
///
/// It runs when its turn comes, among the dependencies, and its rejection is the reply. An extractor of the second kind takes the
/// body itself, unread; only one parameter of a path function and its dependencies can do so, and none can read the
/// body beside it.
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
pub struct Via<M>(PhantomData<M>);

/// The source of an `Extract<E>` parameter.
#[doc(hidden)]
#[derive(Debug)]
pub struct FromExtractor<E, M>(PhantomData<(E, M)>);

impl<E, M> Described for FromExtractor<E, M>
where
    E: FromRequest<(), M, Rejection: RaisedError> + Send + 'static,
    M: 'static,
{
    const SOURCE: Source = Source::Extract(run::<E, M>);
}

fn run<E, M>(scope: &mut Scope, sites: &[Site]) -> Running
where
    E: FromRequest<(), M, Rejection: RaisedError> + Send + 'static,
    M: 'static,
{
    let request = scope.request_for_extractor(sites);
    Running::extracting(async move { E::from_request(request, &()).await.map_err(RaisedError::raise) })
}

#[diagnostic::do_not_recommend]
impl<E, M> Param<Via<M>> for Extract<E>
where
    E: FromRequest<(), M, Rejection: RaisedError> + Send + 'static,
    M: 'static,
{
    type Source<F: Fuel> = FromExtractor<E, M>;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        scope.extracted(site).map(Self).map_err(Untaken::Failed)
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
