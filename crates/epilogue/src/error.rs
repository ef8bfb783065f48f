use std::fmt;

use crate::app::StartError;
use crate::tasks::{DrainReport, with_causes};

/// What [`App::serve`](crate::App::serve) and `main` return.
///
/// ```no_run
/// use epilogue::prelude::*;
///
/// #[epilogue::main]
/// async fn main() -> epilogue::Result<()> {
///     let address = std::fs::read_to_string("address.txt")?;
///     App::new().serve(address.trim()).await
/// }
/// ```
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why an app was not served, or not to its end.
///
/// ```no_run
/// use epilogue::prelude::*;
///
/// # async fn run(app: App) -> epilogue::Result<()> {
/// match app.serve("127.0.0.1:8000").await {
///     Err(epilogue::Error::Unfinished(report)) => {
///         eprintln!("{} tasks were not run to their end", report.abandoned.len());
///         Ok(())
///     }
///     result => result,
/// }
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The app did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address could not be bound.
    #[error("the server could not bind {address}")]
    #[non_exhaustive]
    Bind {
        /// The address as it was given.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The signals that stop the server could not be listened to.
    #[error("the server could not listen to signals")]
    Signals(#[source] std::io::Error),
    /// Something was still unfinished when the grace period was over or a second signal came; it was cancelled.
    #[error("not everything was finished at shutdown: {0}")]
    Unfinished(DrainReport),
    /// An I/O error of `main` itself, so that `?` works there.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Rust prints the error that `main` returns with `Debug`, so this is the message with all its causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_causes(self))
    }
}
