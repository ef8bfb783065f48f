use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::client::Client;
use super::routes::Route;
use crate::command::Step;
use crate::error::Error;

/// How many requests are counted together.
const REQUESTS: u32 = 500;
/// The same for requests that add many tasks.
const FEW_REQUESTS: u32 = 100;

/// A server whose instructions are counted; it is killed when it is dropped.
pub(super) struct Measured {
    name: String,
    child: Child,
    port: u16,
    dumps: PathBuf,
}

impl Measured {
    /// Starts a server with one worker and waits until it listens.
    pub(super) fn start(program: &Path, scratch: &Path) -> Result<Self, Error> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let dumps = scratch.join("dumps").join(&name);
        if dumps.exists() {
            fs::remove_dir_all(&dumps).map_err(Error::file("removing", dumps.as_path()))?;
        }
        fs::create_dir_all(&dumps).map_err(Error::file("making", dumps.as_path()))?;
        let port = free_port().map_err(Error::file("finding a port for", program))?;
        let child = Command::new("valgrind")
            .args(["-q", "--tool=callgrind"])
            .arg(format!("--callgrind-out-file={}", dumps.join("counts").display()))
            .arg(program)
            .env("PORT", port.to_string())
            .env("WORKERS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Start { command: "valgrind".to_owned(), source })?;
        let server = Self { name, child, port, dumps };
        let deadline = Instant::now() + Duration::from_mins(1);
        while let Err(source) = TcpStream::connect(("127.0.0.1", port)) {
            if Instant::now() > deadline {
                return Err(Error::NotListening { server: server.name.clone(), source });
            }
            sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// The instructions of one request, among many on one connection and without those of the connection itself.
    pub(super) fn instructions(&mut self, route: &Route) -> Result<f64, Error> {
        let many = if route.tasks > 10 { FEW_REQUESTS } else { REQUESTS };
        let measure = || {
            self.send(route, many / 2)?;
            Ok((self.counted(route, many)? - self.counted(route, 1)?) / f64::from(many - 1))
        };
        measure().map_err(Error::file("measuring", self.name.as_str()))
    }

    fn counted(&self, route: &Route, requests: u32) -> io::Result<f64> {
        self.dump()?;
        self.send(route, requests)?;
        self.dump()
    }

    /// Sends requests, and waits until their tasks are done.
    fn send(&self, route: &Route, requests: u32) -> io::Result<()> {
        let wanted = if route.tasks > 0 { self.tasks()? + route.tasks * u64::from(requests) } else { 0 };
        let mut client = Client::connect(self.port)?;
        let request = route.request();
        for _ in 0..requests {
            let (status, body) = client.send(&request)?;
            if status != route.status {
                return Err(io::Error::other(format!("{} replied {status}: {body}", route.path)));
            }
        }
        drop(client);
        sleep(Duration::from_millis(200));
        while route.tasks > 0 && self.tasks()? < wanted {
            sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn tasks(&self) -> io::Result<u64> {
        let (_, stats) =
            Client::connect(self.port)?.send("GET /stats HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")?;
        let digits =
            stats.split_once("\"tasks\":").map(|(_, rest)| rest.split(',').next().unwrap_or_default());
        digits
            .and_then(|digits| digits.trim().parse().ok())
            .ok_or_else(|| io::Error::other(format!("no number of tasks in {stats}")))
    }

    /// The instructions since the last dump.
    fn dump(&self) -> io::Result<f64> {
        let before = self.files()?;
        Command::new("callgrind_control").args(["--dump", &self.child.id().to_string()]).output()?;
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            for file in self.files()?.difference(&before) {
                if let Some(total) = total(&fs::read_to_string(file)?) {
                    return Ok(total);
                }
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("callgrind does not dump"));
            }
            sleep(Duration::from_millis(50));
        }
    }

    fn files(&self) -> io::Result<HashSet<PathBuf>> {
        fs::read_dir(&self.dumps)?.map(|entry| Ok(entry?.path())).collect()
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Whether valgrind is installed; if it is not, prints that.
pub(super) fn can_count() -> bool {
    let started = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if let Err(error) = &started {
        println!("skipped: valgrind, which counts the instructions, cannot be started: {error}");
    }
    started.is_ok()
}

/// The instructions of a program from its start to its end.
pub(super) fn instructions_of(program: &Path, words: &[&str], scratch: &Path) -> Result<f64, Error> {
    let dump = scratch.join("whole.callgrind");
    Step::new("valgrind")
        .args(["-q", "--tool=callgrind"])
        .args([format!("--callgrind-out-file={}", dump.display())])
        .args([program])
        .args(words)
        .quietly()
        .run()?;
    let text = fs::read_to_string(&dump).map_err(Error::file("reading", dump.as_path()))?;
    total(&text).ok_or_else(|| Error::file("finding a total in", dump)(io::ErrorKind::InvalidData.into()))
}

/// The instructions that a dump of callgrind reports.
fn total(dump: &str) -> Option<f64> {
    dump.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        ["summary", "totals"].contains(&key).then(|| value.trim().parse().ok())?
    })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
