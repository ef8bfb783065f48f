use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a chore failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no such chore; there are:\n{0}")]
    Usage(&'static str),
    #[error("{action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "not within a tenth of what was recorded: {routes}. Where that is meant, record it: cargo xtask bench --in-process --record"
    )]
    OffRecord { routes: String },
    #[error("`{command}` could not be started: {source}")]
    Start { command: String, source: io::Error },
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: ExitStatus },
    #[error(
        "no virtual environment could be made: install Python 3 with its `venv` module, or uv\n  {venv}\n  {uv}"
    )]
    NoPython { venv: Box<Error>, uv: Box<Error> },
    #[error("{server} did not say where it listens: {source}")]
    NotListening { server: String, source: io::Error },
    #[error("{server} was sent SIGTERM and did not end within {seconds} s")]
    StillRunning { server: String, seconds: u64 },
    #[error("{server} was sent SIGTERM and did not end well: {status}")]
    EndedBadly { server: String, status: ExitStatus },
}

impl Error {
    /// For `map_err`: what was being done to which file.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
