//! Driving an app without a socket, in tests.

mod client;
mod probe;
mod request;
mod response;

pub use client::TestClient;
pub(crate) use probe::Probe;
pub use request::TestRequest;
pub use response::TestResponse;
