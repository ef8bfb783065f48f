//! Driving an app without a socket, in tests.

mod client;
mod multipart;
mod probe;
mod request;
mod response;
mod socket;
mod stream;

pub use client::TestClient;
pub use multipart::Multipart;
pub(crate) use probe::Probe;
pub use request::TestRequest;
pub use response::TestResponse;
pub(crate) use socket::TestSocket;
pub use socket::TestWebSocket;
pub use stream::TestStream;
