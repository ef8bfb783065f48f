use std::io;

/// SIGTERM and SIGINT, from the moment it is made. On Windows, Ctrl-C.
pub(super) struct Signals {
    came: usize,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { came: 0, terminate, interrupt })
    }

    #[cfg(windows)]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { came: 0, interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        self.receive().await;
        self.came += 1;
    }

    /// Waits for the second one of all. The first may have come already, or may come while the server stops for another reason.
    pub(super) async fn second(&mut self) {
        while self.came < 2 {
            self.next().await;
        }
    }

    #[cfg(unix)]
    async fn receive(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(windows)]
    async fn receive(&mut self) {
        let _ = self.interrupt.recv().await;
    }
}
