//! The server that the tests of signals start, stop and wait for. It prints to standard output what happens. Whatever waits
//! inside it goes on at the first line of standard input. Its arguments are limits: `grace=300 batches=4 pending=1000`.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use epilogue::prelude::*;
use epilogue::{Backoff, Error, Server};
use epilogue_e2e::Gate;

/// Ten of these, one after another in one of few batches, take longer than a short grace period.
const WORK: Duration = Duration::from_millis(2);

async fn work(gate: Gate, slow: bool) {
    gate.pass().await;
    if slow {
        tokio::time::sleep(WORK).await;
    }
    println!("ran");
}

/// Whether tasks take their time.
struct Slow(bool);

#[post("/queue")]
async fn queue(tasks: &BackgroundTasks, gate: State<Gate>, slow: State<Slow>) -> &'static str {
    for _ in 0..10 {
        tasks.add_task(work, ((*gate).clone(), slow.0));
    }
    "queued"
}

async fn hold(gate: Gate) {
    println!("task:start");
    gate.pass().await;
    println!("task:end");
}

#[get("/task")]
async fn task(tasks: &BackgroundTasks, gate: State<Gate>) {
    tasks.add_task(hold, ((*gate).clone(),));
}

fn hold_thread(gate: Gate) {
    println!("blocking:start");
    tokio::runtime::Handle::current().block_on(gate.pass());
    println!("blocking:end");
}

#[get("/blocking")]
async fn blocking(tasks: &BackgroundTasks, gate: State<Gate>) {
    tasks.add_task(hold_thread, ((*gate).clone(),));
}

struct Session(Gate);

#[dependency(exit = leave)]
fn session(gate: State<Gate>) -> Session {
    Session((*gate).clone())
}

async fn leave(session: &Session, _outcome: &Outcome) {
    println!("exit:start");
    session.0.pass().await;
    println!("exit:end");
}

#[get("/exit")]
async fn exit(_session: Depends<session>) {}

#[get("/reply")]
async fn reply(tasks: &BackgroundTasks) -> Body {
    tasks.add_task(|| println!("after the reply"), ());
    Body::from(Bytes::from(vec![b'x'; 64 * 1024 * 1024]))
}

#[get("/function")]
async fn function(gate: State<Gate>) -> &'static str {
    println!("function:start");
    gate.pass().await;
    "answered"
}

/// Makes the server stop without a signal.
struct Stop(Gate);

#[post("/stop")]
async fn stop(stop: State<Stop>) {
    stop.0.open();
}

#[get("/plain")]
async fn plain() -> &'static str {
    "plain"
}

/// Fifty milliseconds of work by the route's tasks: ten tasks, one after another.
#[post("/burst")]
async fn burst(tasks: &BackgroundTasks) {
    for _ in 0..10 {
        tasks.add_task(tokio::time::sleep, (Duration::from_millis(5),));
    }
}

#[post("/block-thread")]
async fn block_thread(tasks: &BackgroundTasks) {
    tasks.add_task(std::thread::sleep, (Duration::from_millis(50),));
}

static APP: OnceLock<App> = OnceLock::new();

/// What is in hand: pending tasks, batches, kept requests; and how many tasks ran.
#[get("/stats")]
async fn stats() -> String {
    let stats = APP.get().map(App::task_stats).unwrap_or_default();
    format!(
        "{} {} {} {}",
        stats.queued + stats.running,
        stats.batches + stats.waiting_batches,
        stats.kept,
        stats.ran()
    )
}

#[task(retries = 2)]
async fn flaky(number: u32) -> Result<(), String> {
    if number.is_multiple_of(3) { Err("on purpose".into()) } else { Ok(()) }
}

#[post("/mixed/{number}")]
async fn mixed(
    number: Path<u32>,
    body: Bytes,
    _session: Depends<quiet>,
    tasks: &BackgroundTasks,
) -> Result<Bytes, HttpError> {
    let number = *number;
    tasks.add_task(
        async move || {
            assert!(!number.is_multiple_of(7), "on purpose");
            if number.is_multiple_of(11) { Err("on purpose") } else { Ok(()) }
        },
        (),
    );
    tasks.add_task(std::future::pending::<()>, ()).timeout(Duration::from_millis(50));
    if number.is_multiple_of(17) {
        tasks.add_task(std::thread::sleep, (Duration::from_millis(1),));
    }
    if number.is_multiple_of(101) {
        tasks.add(flaky { number }).backoff(Backoff::new().first(Duration::from_millis(20)));
    }
    tokio::task::yield_now().await;
    if number.is_multiple_of(13) { Err(HttpError::new(StatusCode::CONFLICT, "on purpose")) } else { Ok(body) }
}

#[dependency(exit = leave_quietly)]
fn quiet() {}

async fn leave_quietly(_nothing: &(), _outcome: &Outcome) {
    tokio::task::yield_now().await;
}

struct Resource;

#[dependency(scope = "app", exit = close)]
fn resource() -> Resource {
    Resource
}

async fn close(_resource: &Resource, _outcome: &Outcome) {
    println!("app:exit");
}

/// Something that takes its time to be built.
struct Pool;

#[dependency(scope = "app", exit = close_pool)]
async fn pool(gate: State<Gate>) -> Pool {
    println!("pool:opening");
    gate.pass().await;
    println!("pool:open");
    Pool
}

async fn close_pool(_pool: &Pool, _outcome: &Outcome) {
    println!("pool:closed");
}

#[get("/resource")]
async fn of_app(_resource: Depends<resource>) {}

#[epilogue::main]
async fn main() -> ExitCode {
    // On a slow machine too, what is still exited after the grace period has the time for it.
    let mut limits = TaskLimits::default().exit_grace(Duration::from_mins(1));
    let (mut slow, mut with_pool) = (false, false);
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').expect("an argument is name=value");
        let value: u32 = value.parse().expect("a value is a number");
        limits = match name {
            "grace" => {
                slow = true;
                limits.grace(Duration::from_millis(value.into()))
            }
            "batches" => limits.batches(value as usize),
            "pending" => limits.pending(value as usize),
            "pool" => {
                with_pool = true;
                limits
            }
            other => panic!("there is no limit of the name {other}"),
        };
    }
    let gate = Gate::default();
    let opens = gate.clone();
    std::thread::spawn(move || {
        if std::io::stdin().read_line(&mut String::new()).is_ok_and(|read| read > 0) {
            opens.open();
        }
    });
    let routes = routes![
        queue,
        task,
        blocking,
        exit,
        reply,
        function,
        stop,
        of_app,
        plain,
        mixed,
        burst,
        block_thread,
        stats
    ];
    let told = Gate::default();
    let app = App::new().state(gate).state(Stop(told.clone())).state(Slow(slow)).tasks(limits).routes(routes);
    let app = if with_pool { app.build_at_start::<pool>() } else { app };
    let _ = APP.set(app.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of the system");
    println!("{}", listener.local_addr().expect("a bound socket has an address"));
    match Server::new(app).stop_when(async move { told.pass().await }).serve_on(listener).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Unfinished(report)) => {
            println!(
                "unfinished: ran {}, named {}, requests {}, connections {}",
                report.stats.ran(),
                report.abandoned.len(),
                report.requests.len(),
                report.connections
            );
            for task in report.abandoned.iter().filter(|task| task.attempts > 0).take(1) {
                println!("named: {} of {}", task.name, task.origin.name);
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("error: {error}");
            ExitCode::from(2)
        }
    }
}
