//! The app: its routes and routers, what they share, and the service that all of them become.

mod builder;
mod demand;
mod dependencies;
mod error_handlers;
mod graph;
mod layered;
mod lifecycle;
mod prefix;
mod reply_future;
mod router;
mod routes;
mod servers;
mod service;
mod solo;
mod start;
mod start_error;
mod state;
mod table;
mod trace;

pub use builder::App;
pub(crate) use dependencies::{NotBuiltForTask, in_task};
pub use error_handlers::HandlerReply;
pub use graph::{Graph, GraphNode};
pub use layered::{AppLayer, Layered, Unfailing};
pub(crate) use lifecycle::Deadline;
pub(crate) use reply_future::ReplyFuture;
#[cfg(feature = "openapi")]
pub(crate) use router::PlacedRoute;
pub use router::{Router, effect};
pub use routes::{DeclaredRoute, Route, RouteList, Routes};
pub(crate) use servers::Serving;
pub(crate) use service::overloaded;
pub(crate) use solo::SoloError;
pub use start_error::StartError;
pub(crate) use state::{AppState, CompiledRoute, Started};
#[cfg(feature = "openapi")]
pub(crate) use table::segments_of;
pub(crate) use trace::Trace;
