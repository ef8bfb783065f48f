use axum_core::response::{IntoResponse, Response};

use crate::response::HttpError;

/// Why a message was not received or not sent.
///
/// ```
/// use epilogue::WebSocketError;
/// use epilogue::prelude::*;
///
/// #[websocket("/sums")]
/// async fn sums(mut socket: WebSocket) -> Result<(), WebSocketError> {
///     while let Some(numbers) = socket.recv_json::<Vec<i64>>().await {
///         match numbers {
///             Ok(numbers) => socket.send_json(&numbers.iter().sum::<i64>()).await?,
///             Err(WebSocketError::Decode(error)) => socket.send_text(error.to_string()).await?, // and go on
///             Err(error) => return Err(error),
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The client has closed the WebSocket or has left, or the function or the server has closed it.
    #[error("the WebSocket is closed")]
    Closed,
    /// A message is larger than [`App::body_limit`](crate::App::body_limit). The WebSocket was closed with 1009.
    #[error("a message of the client is larger than the limit of {0} bytes")]
    TooLarge(usize),
    /// The client broke the protocol. The WebSocket was closed with 1002, or 1007 for a text that is not UTF-8.
    #[error("the client broke the protocol of WebSockets: {0}")]
    Protocol(String),
    /// A WebSocket cannot be closed with this code, which the protocol gives another meaning or none.
    #[error("a WebSocket is not closed with {0}, but with 1000 to 1003, 1007 to 1013 or 3000 to 4999")]
    CloseCode(u16),
    /// The client sent bytes where a text was expected.
    #[error("the client sent bytes, not a text")]
    NotText,
    /// The client sent something else than was expected.
    #[error("the client sent a message that is not the expected JSON")]
    Decode(#[source] serde_json::Error),
    /// A value could not be sent.
    #[error("a value cannot be serialised to JSON")]
    Encode(#[source] serde_json::Error),
}

impl WebSocketError {
    /// Whether the client did what it may not do.
    pub(crate) fn is_of_client(&self) -> bool {
        matches!(self, Self::TooLarge(_) | Self::Protocol(_) | Self::NotText | Self::Decode(_))
    }
}

/// Lets a function return it. Nobody sees this reply: the request has already been replied to.
impl IntoResponse for WebSocketError {
    fn into_response(self) -> Response {
        HttpError::from(self).into_response()
    }
}
