use crate::response::{Failure, RaisedError};

/// What a function under `#[websocket]` may return.
#[diagnostic::on_unimplemented(
    message = "a function under `#[websocket]` returns nothing or a `Result<(), E>`, not `{Self}`",
    label = "not what it may return: the reply has been sent when it runs",
    note = "write `-> Result<(), HttpError>`, or let it return nothing, and send messages by the socket"
)]
#[doc(hidden)]
pub trait SocketReturn {
    fn into_end(self) -> Result<(), Failure>;
}

impl SocketReturn for () {
    fn into_end(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: RaisedError> SocketReturn for Result<(), E> {
    fn into_end(self) -> Result<(), Failure> {
        self.map_err(RaisedError::raise)
    }
}
