//! Promise 8 with real signals: a server in a process of its own is told to stop, and what it had begun is finished or named.
#![cfg(unix)]

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use epilogue_e2e::request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

struct Served {
    address: SocketAddr,
    process: Child,
    go: Option<ChildStdin>,
    says: Lines<BufReader<ChildStdout>>,
}

impl Served {
    async fn new(arguments: &[&str]) -> Self {
        Self::with_errors_to(Stdio::inherit(), arguments).await
    }

    async fn with_errors_to(errors: Stdio, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fault-child"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = says.next_line().await.unwrap().unwrap().parse().unwrap();
        let go = process.stdin.take();
        Self { address, process, go, says }
    }

    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.unwrap());
        let (client, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn get(&self, path: &str) -> u16 {
        let mut client = self.connect().await;
        let reply = client.send_request(request("GET", path)).await.unwrap();
        let status = reply.status();
        reply.into_body().collect().await.unwrap();
        status.as_u16()
    }

    fn signal(&self) {
        // By the shell's own `kill`: not every machine has it as a program.
        let kill = format!("kill -TERM {}", self.process.id().unwrap());
        let sent = std::process::Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends SIGTERM and waits until the server has noticed.
    async fn stop(&self) {
        let idle = self.idle().await;
        self.signal();
        stopped(idle).await;
    }

    /// A connection on which nothing is sent, so the server ends it as soon as it stops. It is one, and not one attempt after another until
    /// the server accepts no more: a second signal would find those as well.
    async fn idle(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Lets whatever waits go on.
    async fn go(&mut self) {
        self.go.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    }

    async fn next(&mut self) -> String {
        self.says.next_line().await.unwrap().unwrap()
    }

    async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let mut lines = Vec::new();
        while let Some(line) = self.says.next_line().await.unwrap() {
            lines.push(line);
        }
        (self.process.wait().await.unwrap(), lines)
    }
}

async fn stopped(mut idle: TcpStream) {
    // It is reset, and not closed, if the server had yet to accept it.
    drop(idle.read(&mut [0]).await);
}

/// 5,000 requests that queue ten tasks each, over ten connections.
async fn queue_fifty_thousand(served: &Served) {
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let mut client = served.connect().await;
        clients.spawn(async move {
            for _ in 0..500 {
                client.ready().await.unwrap();
                let reply = client.send_request(request("POST", "/queue")).await.unwrap();
                assert_eq!(reply.status(), 200);
                reply.into_body().collect().await.unwrap();
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test]
async fn fifty_thousand_queued_tasks_run_after_sigterm() {
    let mut served = Served::new(&[]).await;
    queue_fifty_thousand(&served).await;
    served.stop().await;
    served.go().await;
    let (status, lines) = served.end().await;
    assert_eq!(lines.iter().filter(|line| *line == "ran").count(), 50_000);
    assert_eq!(lines.last().unwrap(), "app:exit", "after all tasks");
    assert_eq!(lines.len(), 50_001);
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn with_too_short_a_grace_what_ran_and_what_is_named_is_what_was_queued() {
    let mut served = Served::new(&["grace=300", "batches=4"]).await;
    queue_fifty_thousand(&served).await;
    served.go().await;
    assert_eq!(served.next().await, "ran");
    served.signal();
    let (status, lines) = served.end().await;
    let ran = 1 + lines.iter().filter(|line| *line == "ran").count();
    assert!(ran < 50_000, "the grace was not too short");
    let named = 50_000 - ran;
    assert_eq!(lines[lines.len() - 3], "app:exit");
    assert_eq!(
        lines[lines.len() - 2],
        format!("unfinished: ran {ran}, named {named}, requests 0, connections 0")
    );
    assert_eq!(lines[lines.len() - 1], "named: fault_child::work of POST /queue");
    assert_eq!(status.code(), Some(1));
}

async fn is_finished(path: &str, starts: &str, ends: &str) {
    let mut served = Served::new(&[]).await;
    assert_eq!(served.get(path).await, 200);
    assert_eq!(served.next().await, starts);
    served.stop().await;
    served.go().await;
    let (status, lines) = served.end().await;
    assert_eq!(lines, [ends, "app:exit"]);
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_task_is_finished_after_sigterm() {
    is_finished("/task", "task:start", "task:end").await;
}

#[tokio::test]
async fn a_blocking_task_is_finished_after_sigterm() {
    is_finished("/blocking", "blocking:start", "blocking:end").await;
}

#[tokio::test]
async fn an_exit_is_finished_after_sigterm() {
    is_finished("/exit", "exit:start", "exit:end").await;
}

#[tokio::test]
async fn what_is_being_built_at_sigterm_is_built_and_closed() {
    let mut served = Served::new(&["pool=1"]).await;
    assert_eq!(served.next().await, "pool:opening");
    served.signal();
    served.go().await;
    let (status, lines) = served.end().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(lines, ["pool:open", "app:exit", "pool:closed"]);
}

#[tokio::test]
async fn a_start_that_outlasts_the_grace_is_given_up_at_sigterm_and_what_it_built_exited() {
    let mut served = Served::new(&["pool=1", "grace=50"]).await;
    assert_eq!(served.next().await, "pool:opening");
    served.signal();
    let (status, lines) = served.end().await;
    assert_eq!(status.code(), Some(2));
    assert_eq!(lines, ["app:exit", "error: the app was stopped before it had started"]);
}

#[tokio::test]
async fn a_path_function_is_finished_and_answered_after_sigterm() {
    let mut served = Served::new(&[]).await;
    let mut client = served.connect().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/function")).await });
    assert_eq!(served.next().await, "function:start");
    served.stop().await;
    served.go().await;
    let reply = reply.await.unwrap().unwrap();
    assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "answered");
    let (status, lines) = served.end().await;
    assert_eq!((status.code(), lines), (Some(0), vec!["app:exit".to_owned()]));
}

#[tokio::test]
async fn a_reply_is_sent_to_its_last_byte_after_sigterm() {
    let served = Served::new(&[]).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /reply HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut reply = vec![0; 1024];
    stream.read_exact(&mut reply).await.unwrap();
    served.stop().await;
    stream.read_to_end(&mut reply).await.unwrap();
    let body = reply.windows(4).position(|at| at == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(reply.len() - body, 64 * 1024 * 1024);
    let (status, lines) = served.end().await;
    assert_eq!(lines, ["after the reply", "app:exit"]);
    assert_eq!(status.code(), Some(0));
}

/// On a terminal, a line says once a second what is still waited for, each line written over the one before.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_progress_of_a_stop_is_shown_on_a_terminal() {
    use std::fs::File;
    use std::io::{BufRead, BufReader, Read};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let errors = File::options().write(true).open(name).unwrap();

    let mut served = Served::with_errors_to(errors.into(), &[]).await;
    assert_eq!(served.get("/task").await, 200);
    assert_eq!(served.next().await, "task:start");
    served.stop().await;
    let read = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(File::from(terminal));
        let mut shown = Vec::new();
        lines.read_until(b't', &mut shown).unwrap();
        (lines, shown)
    });
    let (mut lines, mut shown) = read.await.unwrap();
    served.go().await;
    let (status, _) = served.end().await;
    // The other end is gone: what is left can still be read, and then reading fails.
    let _ = lines.read_to_end(&mut shown);
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.starts_with("\r\u{1b}[2Kdraining: 1 tasks, 0 requests, "), "{shown:?}");
    assert!(shown.ends_with(" s left\r\n"), "what comes next has a line of its own: {shown:?}");
    assert_eq!(status.code(), Some(0));
}

/// Nothing can stop it except the end of the process.
#[tokio::test]
async fn a_blocking_task_that_never_ends_does_not_keep_the_process() {
    let mut served = Served::new(&["grace=50"]).await;
    assert_eq!(served.get("/blocking").await, 200);
    assert_eq!(served.next().await, "blocking:start");
    served.stop().await;
    let (status, lines) = served.end().await;
    assert_eq!(
        lines,
        [
            "app:exit",
            "unfinished: ran 0, named 1, requests 0, connections 0",
            "named: fault_child::hold_thread of GET /blocking"
        ]
    );
    assert_eq!(status.code(), Some(1));
}

/// For example, where a server is told to stop first, and its process a moment later.
#[tokio::test]
async fn the_first_signal_after_another_reason_to_stop_is_no_second_one() {
    let mut served = Served::new(&[]).await;
    assert_eq!(served.get("/task").await, 200);
    assert_eq!(served.next().await, "task:start");
    let (idle, mut client) = (served.idle().await, served.connect().await);
    assert_eq!(client.send_request(request("POST", "/stop")).await.unwrap().status(), 200);
    stopped(idle).await;
    served.signal();
    served.go().await;
    let (status, lines) = served.end().await;
    assert_eq!(lines, ["task:end", "app:exit"]);
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_names_what_is_left() {
    let mut served = Served::new(&[]).await;
    assert_eq!(served.get("/task").await, 200);
    assert_eq!(served.next().await, "task:start");
    let mut client = served.connect().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/function")).await });
    assert_eq!(served.next().await, "function:start");
    served.stop().await;
    served.signal();
    let (status, lines) = served.end().await;
    assert!(reply.await.unwrap().is_err(), "nobody opened the gate");
    assert_eq!(
        lines,
        [
            "app:exit",
            "unfinished: ran 0, named 1, requests 0, connections 1",
            "named: fault_child::hold of GET /task"
        ]
    );
    assert_eq!(status.code(), Some(1));
}
