//! Driving an app without a socket, in tests.

mod client;
#[cfg(feature = "cookie")]
mod jar;
#[cfg(feature = "multipart")]
mod multipart;
mod probe;
mod request;
mod response;
#[cfg(feature = "websocket")]
mod socket;
mod stream;

pub use client::TestClient;
#[cfg(feature = "cookie")]
use jar::Jar;
#[cfg(feature = "multipart")]
pub use multipart::Multipart;
pub(crate) use probe::Probe;
pub use request::TestRequest;
pub use response::TestResponse;
#[cfg(feature = "websocket")]
pub(crate) use socket::TestSocket;
#[cfg(feature = "websocket")]
pub use socket::TestWebSocket;
pub use stream::TestStream;
