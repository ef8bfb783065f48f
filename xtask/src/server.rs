use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::Step;
use crate::error::Error;

const TIME_TO_END: Duration = Duration::from_secs(30);

/// A conformance server that is running; it is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start(
        program: &Path,
        name: &'static str,
        files: &Path,
        overridden: bool,
    ) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command
            .env("PORT", "0")
            .env("CONF_FILE_DIR", files)
            .env("CONF_OVERRIDES", if overridden { "1" } else { "0" })
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let started = command.spawn();
        let child =
            started.map_err(|source| Error::Start { command: program.display().to_string(), source })?;
        // From here on the server is killed if anything fails.
        let mut server = Self { name, child, address: String::new() };
        server.address = server
            .read_address()
            .map_err(|source| Error::NotListening { server: server.name.to_owned(), source })?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks the server to end, and checks that it ends well.
    pub(crate) fn stop(mut self) -> Result<(), Error> {
        // By the shell's own `kill`: not every machine has it as a program.
        Step::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).run()?;
        match self.wait() {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(Error::EndedBadly { server: self.name.to_owned(), status }),
            Ok(None) => {
                Err(Error::StillRunning { server: self.name.to_owned(), seconds: TIME_TO_END.as_secs() })
            }
            Err(error) => Err(Error::file("waiting for", self.name)(error)),
        }
    }

    fn read_address(&mut self) -> io::Result<String> {
        let output = self.child.stdout.take().ok_or_else(|| io::Error::other("its output is not piped"))?;
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                return Ok(address.to_owned());
            }
        }
        Err(io::Error::other("its output has ended"))
    }

    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + TIME_TO_END;
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || Instant::now() > deadline {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has already ended, unless something failed before it was stopped; then that is the error to report.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
