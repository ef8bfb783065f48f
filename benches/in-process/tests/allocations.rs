//! What a request allocates. The server has its thread to itself; the client is on another thread and allocates nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};

use axum_core::body::Body;
use epilogue::prelude::*;
use epilogue::{Routes, Server};
use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
use tokio::net::TcpListener;
use tower_service::Service;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The counts are of the whole process, so one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

const REQUESTS: u64 = 1_000;

/// Sends a request this many times, one after another, and waits for the replies, which must all have this body.
fn send(stream: &mut TcpStream, request: &[u8], times: u64) {
    let mut reply = [0; 1024];
    for _ in 0..times {
        stream.write_all(request).unwrap();
        let mut read = 0;
        while !reply[..read].ends_with(b"\r\n\r\nHello") {
            let more = stream.read(&mut reply[read..]).unwrap();
            assert!(more > 0, "{}", String::from_utf8_lossy(&reply[..read]));
            read += more;
        }
    }
}

/// The allocations per request to the server that this future runs.
fn allocations<F: Future>(path: &str, server: impl FnOnce(TcpListener) -> F) -> u64 {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let (told, counted) = tokio::sync::oneshot::channel();
        let client = std::thread::spawn(move || told.send(count(address, request.as_bytes())).unwrap());
        let count = tokio::select! {
            count = counted => count.unwrap(),
            _ = server(listener) => panic!("the server has ended"),
        };
        client.join().unwrap();
        count
    })
}

fn count(address: SocketAddr, request: &[u8]) -> u64 {
    let mut stream = TcpStream::connect(address).unwrap();
    // The first requests make what is kept: buffers, the thread's own state, room in lists.
    send(&mut stream, request, 50);
    let _profiler = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get().total_blocks;
    send(&mut stream, request, REQUESTS);
    per_request(dhat::HeapStats::get().total_blocks - before)
}

/// Rounded: the end of the last request may be missing, that of an earlier one may be included, and the test harness
/// allocates on a thread of its own.
fn per_request(blocks: u64) -> u64 {
    (blocks + REQUESTS / 2) / REQUESTS
}

fn of_app(path: &str) -> u64 {
    let routes = routes![plain, one, four, nested, adding, large];
    of_routes(routes, path)
}

fn of_routes(routes: Routes, path: &str) -> u64 {
    allocations(path, |listener| Server::new(App::new().routes(routes)).serve_on(listener))
}

#[get("/plain")]
async fn plain() -> &'static str {
    "Hello"
}

#[dependency]
fn number<const N: u32>() -> u32 {
    N
}

#[get("/one")]
async fn one(_a: Depends<number<1>>) -> &'static str {
    "Hello"
}

#[get("/four")]
async fn four(
    _a: Depends<number<1>>,
    _b: Depends<number<2>>,
    _c: Depends<number<3>>,
    _d: Depends<number<4>>,
) -> &'static str {
    "Hello"
}

#[dependency]
fn all(_a: Depends<number<1>>, _b: Depends<number<2>>, _c: Depends<number<3>>) -> u32 {
    6
}

#[get("/nested")]
async fn nested(_all: Depends<all>, _c: Depends<number<3>>) -> &'static str {
    "Hello"
}

async fn task(_number: usize) {}

#[get("/tasks")]
async fn adding(count: Query<usize>, tasks: &BackgroundTasks) -> &'static str {
    for number in 0..*count {
        tasks.add_task(task, (number,));
    }
    "Hello"
}

async fn large_task(_numbers: [usize; 16]) {}

#[get("/large")]
async fn large(count: Query<usize>, tasks: &BackgroundTasks) -> &'static str {
    for number in 0..*count {
        tasks.add_task(large_task, ([number; 16],));
    }
    "Hello"
}

#[test]
fn a_request_makes_no_more_than_hyper_by_hand() {
    let (ours, hyper) = (of_app("/plain"), allocations("/plain", hyper_baseline::serve));
    assert!(ours <= hyper, "{ours}, hyper {hyper}");
}

#[test]
fn a_dependency_makes_one() {
    let (none, one) = (of_app("/plain"), of_app("/one"));
    // The second allocation is for the list of all outputs.
    assert!(one <= none + 2, "{one}, without {none}");
    // However many ask for it, and however often.
    for path in ["/four", "/nested"] {
        let four = of_app(path);
        assert!(four <= one + 3, "{path}: {four}, one alone {one}");
    }
}

#[test]
fn a_small_task_makes_none_and_a_large_one_makes_one() {
    let one = of_app("/tasks?count=1");
    for (path, most) in [("/tasks?count=64", one), ("/large?count=1", one + 1), ("/large?count=64", one + 64)]
    {
        let tasks = of_app(path);
        assert!(tasks <= most, "{path}: {tasks}, one small {one}");
    }
}

#[test]
fn a_list_that_waits_holds_no_memory_of_a_larger_one() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runner = Runner::new(TaskLimits::default());
    let list = |tasks: usize| {
        let list = runner.tasks(Origin::new(1, "GET /"));
        (0..tasks).for_each(|number| drop(list.add_task(task, (number,))));
        list
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _profiler = dhat::Profiler::builder().testing().build();
    let waiting = runtime.block_on(async {
        let mut waiting = Vec::new();
        for _ in 0..100 {
            Batch::new(list(100)).submit();
            runner.idle().await;
            waiting.push(list(1));
        }
        waiting
    });
    let each = dhat::HeapStats::get().curr_bytes / waiting.len();
    assert!(each < 4096, "{each} bytes");
}

#[test]
fn what_other_routes_have_costs_a_route_nothing() {
    assert_eq!(of_app("/plain"), of_routes(routes![plain], "/plain"));
}

/// The allocations per request to the app as a tower service, with this many routes.
async fn of_service(routes: usize) -> u64 {
    let app = (0..routes)
        .fold(App::new(), |app, number| app.router(Router::new(format!("/{number}")).routes(routes![plain])));
    app.start().await.unwrap();
    let mut service = app.clone();
    let mut ask = async || {
        let request = http::Request::builder().uri("/0/plain").body(Body::empty()).unwrap();
        assert_eq!(service.call(request).await.unwrap().status(), StatusCode::OK);
    };
    ask().await;
    let _profiler = dhat::Profiler::builder().testing().build();
    for _ in 0..REQUESTS {
        ask().await;
    }
    per_request(dhat::HeapStats::get().total_blocks)
}

#[test]
fn a_large_app_costs_a_request_to_its_service_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(of_service(100)), runtime.block_on(of_service(1)));
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "none of it is ever sent")]
struct Lacking {
    one: u8,
    two: u8,
    three: u8,
    four: u8,
    five: u8,
    six: u8,
}

#[post("/lacking")]
async fn lacking(_body: Json<Lacking>) {}

/// Each error of a struct repeats what was sent of it, if there is room.
#[test]
fn a_large_body_is_not_copied_for_each_error() {
    const VALUES: usize = 50_000;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let blocks = runtime.block_on(async {
        let mut app = App::new().routes(routes![lacking]);
        app.start().await.unwrap();
        let body = format!(r#"{{"other":["a"{}]}}"#, r#","a""#.repeat(VALUES - 1));
        let request = http::Request::post("/lacking")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let _profiler = dhat::Profiler::builder().testing().build();
        assert_eq!(app.call(request).await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
        dhat::HeapStats::get().total_blocks
    });
    // One for each value, to read it.
    assert!(blocks < 3 * VALUES as u64 / 2, "{blocks}");
}
