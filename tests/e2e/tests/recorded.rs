//! Runs that take minutes and whose figures depend on the machine: they are recorded in `docs/src/reliability.md`, and run by
//! `cargo test --release -p epilogue-e2e --test recorded -- --ignored --nocapture --test-threads 1`.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use epilogue_e2e::request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

struct Served {
    address: SocketAddr,
    process: Child,
}

impl Served {
    async fn new() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fault-child"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = says.next_line().await.unwrap().unwrap().parse().unwrap();
        tokio::spawn(async move { while says.next_line().await.unwrap().is_some() {} });
        Self { address, process }
    }

    /// What the process holds in memory, in kB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id().unwrap())).unwrap().count()
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn send(client: &mut SendRequest<Full<Bytes>>, method: &str, path: &str) -> u16 {
    client.ready().await.unwrap();
    let reply = client.send_request(request(method, path)).await.unwrap();
    let status = reply.status();
    reply.into_body().collect().await.unwrap();
    status.as_u16()
}

/// The 99th percentile of the time that a plain request takes, over so many, one after another.
async fn p99(address: SocketAddr, requests: usize) -> Duration {
    let mut client = connect(address).await;
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let begun = Instant::now();
        assert_eq!(send(&mut client, "GET", "/plain").await, 200);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[requests * 99 / 100]
}

#[tokio::test]
#[ignore = "a recorded run"]
async fn memory_is_bounded_at_the_limit() {
    let served = Served::new().await;
    let empty = served.memory();
    let mut client = connect(served.address).await;
    let mut taken = 0;
    while send(&mut client, "POST", "/queue").await == 200 {
        taken += 1;
    }
    let full = served.memory();
    let (begun, mut refused) = (Instant::now(), 0_u64);
    while begun.elapsed() < Duration::from_secs(10) {
        assert_eq!(send(&mut client, "POST", "/queue").await, 503);
        refused += 1;
    }
    let after = served.memory();
    println!(
        "limit: {} tasks taken, {empty} kB before, {full} kB at the limit; after 10 s and {refused} refusals {after} kB",
        taken * 10
    );
    assert!(after < full + full / 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn idle_and_slow_connections_do_not_slow_others_down() {
    let served = Served::new().await;
    p99(served.address, 5_000).await;
    let without = p99(served.address, 20_000).await;
    let before = served.memory();
    let mut held = Vec::new();
    for number in 0..11_000_u32 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        if number.is_multiple_of(11) {
            stream.write_all(b"POST /mixed/1 HTTP/1.1\r\nhost: a\r\ncontent-len").await.unwrap();
        }
        held.push(stream);
    }
    let with = p99(served.address, 20_000).await;
    println!(
        "idle: p99 {without:?} without, {with:?} with 10,000 idle and 1,000 slow; {before} kB before, {} kB with",
        served.memory()
    );
    for stream in &mut held {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    println!(
        "idle: all were closed by the timeout; {} files open, {} kB",
        served.open_files(),
        served.memory()
    );
    assert!(with < without * 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn memory_is_flat_under_load_and_faults() {
    let seconds = std::env::var("SECONDS_OF_LOAD").map_or(120, |seconds| seconds.parse().unwrap());
    let served = Served::new().await;
    let (begun, address) = (Instant::now(), served.address);
    let until = begun + Duration::from_secs(seconds);
    let mut load = JoinSet::new();
    for worker in 0..16_u32 {
        load.spawn(async move {
            let mut number = worker;
            let mut client = connect(address).await;
            while Instant::now() < until {
                number = number.wrapping_add(16);
                if number.is_multiple_of(5) {
                    // One that leaves in the middle of its body, and one that leaves without reading its reply.
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    let length = if number.is_multiple_of(2) { 4 } else { 5 };
                    let head = format!(
                        "POST /mixed/{number} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\nbody"
                    );
                    let _ = stream.write_all(head.as_bytes()).await;
                    continue;
                }
                let status = send(&mut client, "POST", &format!("/mixed/{number}")).await;
                assert!(matches!(status, 200 | 409 | 503), "{status}");
            }
            number / 16
        });
    }
    tokio::time::sleep(Duration::from_secs(seconds / 5)).await;
    let early = served.memory();
    let mut requests = 0;
    while let Some(worker) = load.join_next().await {
        requests += worker.unwrap();
    }
    let late = served.memory();
    while served.open_files() > 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!(
        "load: {requests} requests in {seconds} s; {early} kB after a fifth of it, {late} kB at the end"
    );
    assert!(late < early + early / 10);
}
