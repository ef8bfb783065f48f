use std::marker::PhantomData;

use super::Dependency;
use crate::graph::fuel::Fuel;
use crate::graph::node::DependencyNode;

/// `Depends<Fresh<D>>` runs `D` for this parameter alone, whatever the request has already: FastAPI's
/// [`Depends(d, use_cache=False)`](https://fastapi.tiangolo.com/tutorial/dependencies/sub-dependencies/#using-the-same-dependency-multiple-times).
///
/// What `D` itself depends on stays shared.
///
/// ```
/// use epilogue::prelude::*;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static TICKETS: AtomicU32 = AtomicU32::new(0);
///
/// #[dependency]
/// fn ticket() -> u32 {
///     TICKETS.fetch_add(1, Ordering::Relaxed)
/// }
///
/// #[get("/two-tickets")]
/// async fn two_tickets(first: Depends<ticket>, second: Depends<Fresh<ticket>>) -> Json<[u32; 2]> {
///     Json([*first, *second])
/// }
/// ```
#[doc(alias = "use_cache")]
#[derive(Debug)]
pub struct Fresh<D>(PhantomData<fn() -> D>);

#[diagnostic::do_not_recommend]
impl<D: Dependency> Dependency for Fresh<D> {
    type Output = D::Output;
    type This = Self;
    type Target<F: Fuel> = D::Target<F>;
    const ALONE: DependencyNode = D::ALONE;
    const NODE: Option<&'static DependencyNode> = D::NODE;
    const FRESH: bool = true;
}
