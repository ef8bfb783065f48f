use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::WebSocketError;
use crate::response::{Failure, HttpError};

/// How long the reason of a close may be: what a control frame holds, minus the code (RFC 6455, section 5.5).
const MAX_REASON: usize = 123;

/// How a WebSocket is closed.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub(super) code: u16,
    reason: String,
}

impl Close {
    pub(super) fn new(code: impl Into<u16>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }

    pub(crate) fn normal() -> Self {
        Self::new(CloseCode::Normal, "")
    }

    /// A close that may be sent by RFC 6455, section 7.4.
    pub(super) fn checked(code: u16, reason: impl Into<String>) -> Result<Self, WebSocketError> {
        match code {
            1000..=1003 | 1007..=1013 | 3000..=4999 => Ok(Self::new(code, reason)),
            _ => Err(WebSocketError::CloseCode(code)),
        }
    }

    /// How the library closes a WebSocket whose function has failed; `None` if it only noticed that the client had left.
    pub(crate) fn after(failure: &Failure) -> Option<Self> {
        let code = match error_of(failure) {
            Some(WebSocketError::Closed) => return None,
            Some(WebSocketError::NotText | WebSocketError::Decode(_)) => CloseCode::Invalid,
            _ => CloseCode::Error,
        };
        Some(Self::new(code, ""))
    }

    pub(super) fn into_frame(mut self) -> Frame {
        self.reason.truncate(self.reason.floor_char_boundary(MAX_REASON));
        Frame::Close(Some(CloseFrame { code: self.code.into(), reason: self.reason.into() }))
    }

    pub(super) fn of_frame(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self::new(frame.code, frame.reason.as_str()),
            // The code that stands for none.
            None => Self::new(CloseCode::Status, ""),
        }
    }
}

fn error_of(failure: &Failure) -> Option<&WebSocketError> {
    let Failure::Raised(raised) = failure else { return None };
    let error = raised.as_any();
    error.downcast_ref::<WebSocketError>().or_else(|| error.downcast_ref::<HttpError>()?.source_as())
}
