//! Runs that take minutes and whose figures depend on the machine: they are recorded in `docs/src/reliability.md`, and run by
//! `cargo test --release -p epilogue-e2e --test all recorded:: -- --ignored --nocapture --test-threads 1`.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use epilogue_e2e::request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

struct Served {
    address: SocketAddr,
    process: Child,
}

/// What is in hand: see the route `/stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stats {
    pending: u64,
    batches: u64,
    kept: u64,
    ran: u64,
}

impl Served {
    async fn new(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fault-child"))
            .args(arguments)
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

    /// How much memory the process uses, in kB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    async fn stats(&self) -> Stats {
        let mut client = connect(self.address).await;
        let reply = client.send_request(request("GET", "/stats")).await.unwrap();
        let text = reply.into_body().collect().await.unwrap().to_bytes();
        let numbers = std::str::from_utf8(&text).unwrap().split(' ').map(|number| number.parse().unwrap());
        let [pending, batches, kept, ran] = numbers.collect::<Vec<_>>().try_into().unwrap();
        Stats { pending, batches, kept, ran }
    }

    /// Waits until nothing is left to do, and returns how many tasks ran.
    async fn until_idle(&self) -> u64 {
        loop {
            let stats = self.stats().await;
            if (stats.pending, stats.batches, stats.kept) == (0, 0, 0) {
                return stats.ran;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
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

/// The 99th percentile of the time that a plain request takes, of this many requests one after another.
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

/// The rounds of a run: for each, the ratio of the two times, and the times themselves.
#[derive(Default)]
struct Rounds(Vec<(f64, Duration, Duration)>);

impl Rounds {
    fn add(&mut self, without: Duration, with: Duration) {
        self.0.push((with.as_secs_f64() / without.as_secs_f64(), without, with));
    }

    fn tell(mut self, what: &str) -> f64 {
        self.0.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (median, without, with) = self.0[self.0.len() / 2];
        let (least, most) = (self.0[0].0, self.0[self.0.len() - 1].0);
        println!(
            "{what}: p99 {without:?} without, {with:?} with, {median:.2} times in the median of {} rounds ({least:.2} to {most:.2})",
            self.0.len()
        );
        median
    }
}

#[tokio::test]
#[ignore = "a recorded run"]
async fn memory_is_bounded_at_the_limit() {
    let served = Served::new(&[]).await;
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

/// Sixteen clients ask for more than the batches can do at a time, while tasks end and places become free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn above_the_limit_there_are_refusals_only_and_it_recovers() {
    const CLIENTS: u64 = 16;
    let served = Served::new(&["pending=1000", "batches=16"]).await;
    let address = served.address;
    let until = Instant::now() + Duration::from_secs(10);
    let mut load = JoinSet::new();
    for _ in 0..CLIENTS {
        load.spawn(async move {
            let (mut taken, mut refused) = (0_u64, 0_u64);
            let mut client = connect(address).await;
            while Instant::now() < until {
                match send(&mut client, "POST", "/burst").await {
                    200 => taken += 1,
                    503 => refused += 1,
                    other => panic!("{other} is neither taken nor refused"),
                }
            }
            (taken, refused)
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let early = served.memory();
    let (mut most, mut looks, mut memory) = (0, 0, early);
    while Instant::now() < until {
        most = served.stats().await.pending.max(most);
        memory = served.memory().max(memory);
        looks += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (mut taken, mut refused) = (0, 0);
    while let Some(client) = load.join_next().await {
        let (more_taken, more_refused) = client.unwrap();
        (taken, refused) = (taken + more_taken, refused + more_refused);
    }
    let begun = Instant::now();
    let ran = served.until_idle().await;
    let idle_after = begun.elapsed();
    assert_eq!(send(&mut connect(address).await, "POST", "/burst").await, 200);
    println!(
        "overload: {taken} requests taken, {refused} refused; at most {most} tasks pending at {looks} looks; \
         {early} kB after 2 s, at most {memory} kB later; idle {idle_after:?} after the load, {ran} tasks ran"
    );
    assert_eq!(ran, taken * 10);
    assert!(refused > taken && most <= 1000 && memory < early + early / 10);
}

/// One task that blocks its thread for 50 ms, four times a second, beside plain requests; compared with as many requests whose
/// task does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn a_sync_task_that_blocks_its_thread_does_not_slow_others_down() {
    let served = Served::new(&[]).await;
    let address = served.address;
    let round = async |path: &'static str| {
        let beside = tokio::spawn(async move {
            let mut client = connect(address).await;
            loop {
                assert_eq!(send(&mut client, "POST", path).await, 200);
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        });
        let p99 = p99(address, 20_000).await;
        beside.abort();
        p99
    };
    p99(address, 20_000).await;
    let mut rounds = Rounds::default();
    for _ in 0..15 {
        let without = round("/mixed/1").await;
        rounds.add(without, round("/block-thread").await);
    }
    assert!(rounds.tell("beside a sync task") < 1.5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn idle_and_slow_connections_do_not_slow_others_down() {
    let served = Served::new(&[]).await;
    p99(served.address, 5_000).await;
    let before = served.memory();
    let mut rounds = Rounds::default();
    let mut held = Vec::new();
    for _ in 0..5 {
        held.clear();
        while served.open_files() > 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let without = p99(served.address, 20_000).await;
        for number in 0..11_000_u32 {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            if number.is_multiple_of(11) {
                stream.write_all(b"POST /mixed/1 HTTP/1.1\r\nhost: a\r\ncontent-len").await.unwrap();
            }
            held.push(stream);
        }
        rounds.add(without, p99(served.address, 20_000).await);
    }
    let with = served.memory();
    let begun = Instant::now();
    for stream in &mut held {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    println!(
        "idle: all were closed by the timeout, within {:?}; {before} kB before, {with} kB with, {} kB after; {} files open",
        begun.elapsed(),
        served.memory(),
        served.open_files()
    );
    assert!(rounds.tell("beside 10,000 idle and 1,000 slow") < 2.0);
}

/// The requests of one HTTP/1.1 client until that time: returns how many were let in, and how many were refused.
async fn mixed_load(address: SocketAddr, worker: u32, until: Instant) -> (u64, u64) {
    let (mut number, mut taken, mut refused) = (worker, 0, 0);
    let mut client = connect(address).await;
    while Instant::now() < until {
        number = number.wrapping_add(16);
        if number.is_multiple_of(5) {
            // A client that leaves in the middle of its body, or without reading its reply.
            let mut stream = TcpStream::connect(address).await.unwrap();
            let length = if number.is_multiple_of(2) { 4 } else { 5 };
            let head =
                format!("POST /mixed/{number} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\nbody");
            let _ = stream.write_all(head.as_bytes()).await;
            if number.is_multiple_of(3) {
                let _ = stream.set_zero_linger();
            }
            continue;
        }
        match send(&mut client, "POST", &format!("/mixed/{number}")).await {
            200 | 409 => taken += 1,
            503 => refused += 1,
            other => panic!("{other} is no reply of this route"),
        }
    }
    (taken, refused)
}

/// An HTTP/2 client that takes back every third request.
async fn mixed_http2_load(address: SocketAddr, until: Instant) -> (u64, u64) {
    let (mut number, mut taken, mut refused) = (0_u32, 0, 0);
    while Instant::now() < until {
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..1_000 {
            number = number.wrapping_add(1);
            let uri = format!("http://localhost/mixed/{number}");
            let request = http::Request::post(uri).body(Full::<Bytes>::default()).unwrap();
            let mut reply = Box::pin(client.send_request(request));
            if number.is_multiple_of(3) {
                let _ = tokio::time::timeout(Duration::from_micros(50), &mut reply).await;
                continue;
            }
            let Ok(reply) = reply.await else { break };
            if reply.status() == 503 {
                refused += 1
            } else {
                taken += 1
            }
            let _ = reply.into_body().collect().await;
        }
    }
    (taken, refused)
}

/// Connections that begin a head and do not end it, a hundred at a time.
async fn slow_load(address: SocketAddr, until: Instant) -> (u64, u64) {
    while Instant::now() < until {
        let mut held = Vec::new();
        for _ in 0..100 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"POST /mixed/1 HTTP/1.1\r\nhost: a\r\ncontent-len").await.unwrap();
            held.push(stream);
        }
        for stream in &mut held {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
    (0, 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a recorded run"]
async fn memory_is_flat_under_load_and_faults() {
    let seconds = std::env::var("SECONDS_OF_LOAD").map_or(600, |seconds| seconds.parse().unwrap());
    // What is pending takes memory, up to the limit, which is low enough to be reached within the first fifth.
    let served = Served::new(&["pending=10000"]).await;
    let (begun, address) = (Instant::now(), served.address);
    let until = begun + Duration::from_secs(seconds);
    let mut load = JoinSet::new();
    for worker in 0..16_u32 {
        load.spawn(mixed_load(address, worker, until));
    }
    for _ in 0..2 {
        load.spawn(mixed_http2_load(address, until));
    }
    load.spawn(slow_load(address, until));
    let fifth = Duration::from_secs(seconds / 5);
    let mut memory = Vec::new();
    for number in 1..=5 {
        tokio::time::sleep_until((begun + fifth * number).into()).await;
        memory.push(served.memory());
    }
    let (mut taken, mut refused) = (0, 0);
    while let Some(worker) = load.join_next().await {
        let (more_taken, more_refused) = worker.unwrap();
        (taken, refused) = (taken + more_taken, refused + more_refused);
    }
    let ran = served.until_idle().await;
    // The three standard streams, the listener, the runtime's own files, and the connection that asks.
    while served.open_files() > 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!(
        "load: {taken} requests answered and {refused} refused in {seconds} s, {ran} tasks ran; {memory:?} kB after each fifth; \
         nothing pending, {} files open, {} kB",
        served.open_files(),
        served.memory()
    );
    assert!(memory[4] < memory[0] + memory[0] / 10);
}
