//! Promise 8: what was accepted is finished at shutdown, or named.

use std::future::poll_fn;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use epilogue::Server;
use epilogue::prelude::*;
use epilogue_e2e::{Clock, Entries, Gate, Journal, Raw, Served, request, settle};
use http_body_util::BodyExt;
use tokio::net::TcpListener;

async fn hold(journal: Journal, gate: Gate) {
    journal.write("task:start");
    gate.pass().await;
    journal.write("task:end");
}

#[get("/held")]
async fn held(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) -> &'static str {
    tasks.add_task(hold, ((*journal).clone(), (*gate).clone()));
    "held"
}

#[get("/slow")]
async fn slow(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) -> &'static str {
    journal.write("function:start");
    gate.pass().await;
    tasks.add_task(hold, ((*journal).clone(), (*gate).clone()));
    "slow"
}

struct Resource(Journal);

#[dependency(scope = "app", exit = close)]
async fn resource(journal: State<Journal>) -> Resource {
    journal.write("app:built");
    Resource((*journal).clone())
}

async fn close(resource: &Resource, _outcome: &Outcome) {
    resource.0.write("app:exit");
}

#[get("/resource")]
async fn uses_resource(_resource: Depends<resource>) -> &'static str {
    "used"
}

#[tokio::test]
async fn tasks_that_run_are_finished() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let served = Served::new(App::new().state(journal).state(gate.clone()).routes(routes![held])).await;
    served.get("/held").await;
    assert_eq!(entries.next().await, "task:start");
    let stopping = tokio::spawn(served.stop());
    gate.open();
    assert_eq!(entries.next().await, "task:end");
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_panics_when_it_should_say_that_the_server_stops_stops_it() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let app = App::new().state(journal).state(gate.clone()).routes(routes![held, uses_resource]);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = Server::new(app).stop_when(async move { stopped.await.unwrap() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(server.serve_on(listener));
    assert_eq!(entries.next().await, "app:built");
    let mut client = Raw(tokio::net::TcpStream::connect(address).await.unwrap());
    client.write("GET /held HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "task:start");
    drop(stop);
    client.read_to_end().await;
    gate.open();
    assert_eq!(entries.take(2).await, ["task:end", "app:exit"]);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn requests_in_flight_are_answered_and_their_tasks_run_before_the_app_exits() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let app = App::new().state(journal).state(gate.clone()).routes(routes![slow, uses_resource]);
    let served = Served::new(app).await;
    assert_eq!(entries.next().await, "app:built");
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/slow")).await });
    assert_eq!(entries.next().await, "function:start");
    let stopping = tokio::spawn(served.stop());
    gate.open();
    let reply = reply.await.unwrap().unwrap();
    assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "slow");
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["task:start", "task:end", "app:exit"]);
}

/// A layer may run a request as a task of its own, so that it outlives its client.
#[tokio::test]
async fn a_request_that_has_been_spawned_by_a_layer_is_waited_for() {
    let spawns =
        axum::middleware::from_fn(async |request: axum::extract::Request, next: axum::middleware::Next| {
            tokio::spawn(next.run(request)).await.unwrap()
        });
    let (gate, (journal, mut entries)) = (Gate::default(), Journal::new());
    let app =
        App::new().state(journal).state(gate.clone()).routes(routes![slow, uses_resource]).layer(spawns);
    let served = Served::new(app).await;
    assert_eq!(entries.next().await, "app:built");
    let mut client = served.connect().await;
    client.write("GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "function:start");
    drop(client);
    let stopping = tokio::spawn(served.stop());
    settle().await;
    gate.open();
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["task:start", "task:end", "app:exit"]);
}

#[tokio::test]
async fn the_last_server_of_an_app_ends_it() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let app = App::new().state(journal).state(gate.clone()).routes(routes![slow, uses_resource]);
    let (idle, busy) = (Served::new(app.clone()).await, Served::new(app).await);
    assert_eq!(entries.next().await, "app:built");
    let mut client = busy.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/slow")).await });
    assert_eq!(entries.next().await, "function:start");
    let stopping = tokio::spawn(busy.stop());
    idle.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0], "the app has ended while one of its servers has a request in flight");
    gate.open();
    let reply = reply.await.unwrap().unwrap();
    assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), "slow");
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["task:start", "task:end", "app:exit"]);
}

#[tokio::test]
async fn an_app_that_has_ended_does_not_begin_again() {
    use epilogue::{Error, StartError};

    async fn is_refused(app: &App) {
        assert!(matches!(app.start().await, Err(StartError::Ended)));
        assert!(matches!(app.resolve::<resource>().await, Err(StartError::Ended)));
        let served = app.clone().serve("127.0.0.1:0").await;
        assert!(matches!(served, Err(Error::Start(StartError::Ended))), "{served:?}");
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![uses_resource]);
    Served::new(app.clone()).await.stop().await.unwrap();
    is_refused(&app).await;

    let layer = epilogue::EpilogueLayer::new(app.build_at_start::<resource>());
    layer.start().await.unwrap();
    layer.drain().await.unwrap();
    is_refused(layer.app()).await;
    assert!(matches!(layer.start().await, Err(StartError::Ended)));
    assert_eq!(entries.now(), ["app:built", "app:exit", "app:built", "app:exit"]);
}

/// Two servers of an app that is being started: it has built its `resource`, and waits at the gate.
async fn two_servers_of_a_start(gate: &Gate) -> (App, Served, Served, Entries) {
    #[dependency(scope = "app")]
    async fn waits(_resource: Depends<resource>, gate: State<Gate>) {
        gate.pass().await;
    }

    let (journal, mut entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_secs(1));
    let app = App::new().state(journal).state(gate.clone()).tasks(limits).routes(routes![uses_resource]);
    let app = app.build_at_start::<waits>();
    let (first, last) = (Served::new(app.clone()).await, Served::new(app.clone()).await);
    assert_eq!(entries.next().await, "app:built");
    settle().await;
    (app, first, last, entries)
}

#[tokio::test]
async fn a_server_that_is_stopped_before_the_start_leaves_the_app_to_the_others() {
    let clock = Clock::stopped();
    let gate = Gate::default();
    let (_app, first, last, mut entries) = two_servers_of_a_start(&gate).await;
    clock.passes_until(first.stop()).await.unwrap();
    // More than the grace period of the first one.
    clock.passes(Duration::from_secs(2)).await;
    gate.open();
    assert_eq!(last.get("/resource").await.body(), "used");
    assert_eq!(entries.now(), [""; 0], "the app has ended while one of its servers goes on");
    last.stop().await.unwrap();
    assert_eq!(entries.now(), ["app:exit"]);
}

#[tokio::test]
async fn the_last_server_that_is_stopped_before_the_start_gives_it_up_and_there_may_be_another() {
    let clock = Clock::stopped();
    let gate = Gate::default();
    let (app, first, last, mut entries) = two_servers_of_a_start(&gate).await;
    clock.passes_until(first.stop()).await.unwrap();
    let error = clock.passes_until(last.stop()).await.unwrap_err();
    assert!(matches!(error, epilogue::Error::Start(epilogue::StartError::Stopped)), "{error:?}");
    assert_eq!(entries.now(), ["app:exit"]);
    gate.open();
    let again = Served::new(app).await;
    assert_eq!(again.get("/resource").await.body(), "used");
    again.stop().await.unwrap();
    assert_eq!(entries.now(), ["app:built", "app:exit"]);
}

#[tokio::test]
async fn a_server_whose_grace_is_over_leaves_the_app_to_the_last_one() {
    let clock = Clock::stopped();
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let limits = TaskLimits::default().grace(Duration::from_secs(1));
    let routes = routes![slow, held, uses_resource];
    let app = App::new().state(journal).state(gate.clone()).tasks(limits).routes(routes);
    let (first, last) = (Served::new(app.clone()).await, Served::new(app).await);
    assert_eq!(entries.next().await, "app:built");
    let mut cut_off = first.connect().await;
    cut_off.write("GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "function:start");
    let error = clock.passes_until(first.stop()).await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.to_string(), "tasks run since the start: 0, abandoned: 0, connections cut off: 1");
    assert_eq!(last.get("/held").await.body(), "held");
    assert_eq!(entries.next().await, "task:start");
    gate.open();
    last.stop().await.unwrap();
    let mut ended = entries.now();
    assert_eq!(ended.pop().unwrap(), "app:exit");
    ended.sort();
    assert_eq!(ended, ["task:end", "task:end", "task:start"]);
}

#[tokio::test]
async fn idle_connections_are_not_waited_for() {
    let (journal, _entries) = Journal::new();
    let served =
        Served::new(App::new().state(journal).state(Gate::default()).routes(routes![uses_resource])).await;
    let mut used = served.http1().await;
    used.send_request(request("GET", "/resource")).await.unwrap().into_body().collect().await.unwrap();
    let _never_used = served.connect().await;
    served.stop().await.unwrap();
}

#[get("/")]
async fn index() -> &'static str {
    "index"
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn a_further_request_that_has_come_when_the_server_stops_is_answered() {
    let served = Served::new(App::new().routes(routes![index])).await;
    let mut client = served.connect().await;
    client.write(REQUEST).await;
    client.read_at_least(1).await;
    settle().await;
    assert_eq!(client.0.try_write(REQUEST).unwrap(), REQUEST.len());
    served.stop().await.unwrap();
    assert!(client.read_to_end().await.ends_with("index"));
}

#[tokio::test]
async fn a_first_request_that_has_come_when_the_server_stops_is_answered() {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
        let not_accepted = listener.try_clone().unwrap();
        let is_to_stop = Arc::new(AtomicBool::new(false));
        let stop = is_to_stop.clone();
        let stop = poll_fn(move |_| if stop.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending });
        let server = Server::new(App::new().routes(routes![index])).stop_when(stop);
        let running = tokio::spawn(server.serve_on(listener.try_into().unwrap()));
        settle().await;
        // The client wakes the server, which stops in the same turn: before it has accepted the client, or just after.
        let mut client = TcpStream::connect(not_accepted.local_addr().unwrap()).unwrap();
        client.write_all(REQUEST).unwrap();
        is_to_stop.store(true, Relaxed);
        running.await.unwrap().unwrap();
        if not_accepted.accept().is_err() {
            let reply = std::io::read_to_string(client).unwrap();
            assert!(reply.ends_with("index"), "{reply}");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_of_several_reasons_stops_the_server() {
    for first in [true, false] {
        let reason = |is_over| poll_fn(move |_| if is_over { Poll::Ready(()) } else { Poll::Pending });
        let server = Server::new(App::new()).stop_when(reason(first)).stop_when(reason(!first));
        tokio::time::timeout(Duration::from_hours(1), server.serve("127.0.0.1:0")).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn half_a_head_is_no_request_in_flight() {
    let clock = Clock::stopped();
    let limits = TaskLimits::default().grace(Duration::from_secs(2));
    let served = Served::new(App::new().tasks(limits)).await;
    let mut client = served.connect().await;
    client.write("GET /hel").await;
    // The server must have read it before the stop, or no head is half there.
    settle().await;
    clock.passes_until(served.stop()).await.unwrap();
}

#[tokio::test]
async fn what_is_unfinished_when_the_grace_is_over_is_named() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(gate).tasks(limits).routes(routes![held, uses_resource]);
    let served = Served::new(app).await;
    served.get("/held").await;
    assert_eq!(entries.take(2).await, ["app:built", "task:start"]);
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.abandoned.len(), 1);
    assert!(report.abandoned[0].name.ends_with("hold"), "{report:?}");
    assert_eq!(&*report.abandoned[0].origin.name, "GET /held");
    assert_eq!(entries.now(), ["app:exit"], "the app is exited all the same");
}

/// A path function that never reaches an await cannot be stopped; it is named, and the end does not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_function_that_blocks_its_thread_does_not_hold_up_the_end() {
    type Release = std::sync::Mutex<std::sync::mpsc::Receiver<()>>;

    #[get("/blocks")]
    async fn blocks(journal: State<Journal>, release: State<Release>) {
        journal.write("blocks");
        let _ = release.lock().unwrap().recv();
    }

    let (journal, mut entries) = Journal::new();
    let (release, waits) = std::sync::mpsc::channel();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(Release::new(waits)).tasks(limits).routes(routes![blocks]);
    let served = Served::new(app).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/blocks")).await });
    assert_eq!(entries.next().await, "blocks");
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.connections, 1);
    assert!(error.to_string().contains("connections cut off: 1"), "{error}");
    drop(release);
    drop(reply.await);
}

/// Nothing of the request is left behind when its reply is cut off. But it was not finished, and the report says so.
#[tokio::test]
async fn a_request_that_the_deadline_cuts_off_is_counted() {
    #[get("/plain")]
    async fn plain(journal: State<Journal>, gate: State<Gate>) {
        journal.write("plain");
        gate.pass().await;
    }

    let (journal, mut entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(Gate::default()).tasks(limits).routes(routes![plain]);
    let served = Served::new(app).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/plain")).await });
    assert_eq!(entries.next().await, "plain");
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!((report.connections, report.abandoned.len()), (1, 0));
    // Not "requests cut off: 0" beside it.
    assert_eq!(report.to_string(), "tasks run since the start: 0, abandoned: 0, connections cut off: 1");
    assert!(reply.await.unwrap().is_err());
}

/// What it has entered is exited all the same, whichever of the two scopes it has.
#[tokio::test]
async fn a_request_that_the_deadline_cuts_off_is_exited() {
    #[dependency(exit = leave)]
    fn session(journal: State<Journal>) -> Journal {
        (*journal).clone()
    }

    #[dependency(scope = "function", exit = leave)]
    fn transaction(session: Depends<session>) -> Journal {
        (*session).clone()
    }

    async fn leave(journal: &Journal, outcome: &Outcome) {
        journal.write(if outcome.is_success() { "committed" } else { "rolled back" });
    }

    #[get("/hangs")]
    async fn hangs(_transaction: Depends<transaction>, journal: State<Journal>, gate: State<Gate>) {
        journal.write("hangs");
        gate.pass().await;
    }

    let (journal, mut entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(Gate::default()).tasks(limits).routes(routes![hangs]);
    let served = Served::new(app).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/hangs")).await });
    assert_eq!(entries.next().await, "hangs");
    assert!(matches!(served.stop().await, Err(epilogue::Error::Unfinished(_))));
    assert!(reply.await.unwrap().is_err());
    assert_eq!(entries.now(), ["rolled back", "rolled back"]);
}

/// Nothing stops a call on the blocking pool: what it enters before it ends is then exited.
#[tokio::test]
async fn a_dependency_that_the_deadline_finds_on_the_blocking_pool_is_exited() {
    struct End(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

    #[dependency(blocking, exit = disconnect)]
    fn connection(journal: State<Journal>, end: State<End>) -> Journal {
        journal.write("connects");
        end.0.lock().unwrap().recv().unwrap();
        (*journal).clone()
    }

    async fn disconnect(journal: &Journal, outcome: &Outcome) {
        journal.write(format!("exited, success: {}", outcome.is_success()));
    }

    #[get("/connects")]
    async fn connects(_connection: Depends<connection>) {}

    let (journal, mut entries) = Journal::new();
    let (end, ends) = std::sync::mpsc::channel();
    let limits = TaskLimits::default().grace(Duration::from_millis(20)).exit_grace(Duration::from_mins(1));
    let app = App::new().state(journal).state(End(ends.into())).tasks(limits).routes(routes![connects]);
    let served = Served::new(app).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/connects")).await });
    assert_eq!(entries.next().await, "connects");
    let stopping = tokio::spawn(served.stop());
    assert!(reply.await.unwrap().is_err(), "it is cut off");
    end.send(()).unwrap();
    assert!(matches!(stopping.await.unwrap(), Err(epilogue::Error::Unfinished(_))));
    assert_eq!(entries.now(), ["exited, success: false"]);
}

/// Even the tasks of a list that its own tasks hold, which only the end of the request can empty.
#[tokio::test]
async fn the_tasks_of_a_request_that_the_deadline_cuts_off_are_dropped_or_named() {
    #[get("/hangs")]
    async fn hangs(tasks: BackgroundTasks, journal: State<Journal>, gate: State<Gate>) {
        let more = tasks.clone();
        tasks.add_task(async move || drop(more), ()).name("dropped");
        let more = tasks.clone();
        tasks.add_task(async move || drop(more), ()).name("always").always();
        journal.write("hangs");
        gate.pass().await;
    }

    let (journal, mut entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(Gate::default()).tasks(limits).routes(routes![hangs]);
    let served = Served::new(app.clone()).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/hangs")).await });
    assert_eq!(entries.next().await, "hangs");
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.abandoned.iter().map(|task| &*task.name).collect::<Vec<_>>(), ["always"]);
    assert!(reply.await.unwrap().is_err());
    let stats = app.task_stats();
    assert_eq!((stats.queued, stats.discarded, stats.abandoned), (0, 1, 1), "{stats:?}");
}

/// The exits of the app have the rest of the grace period and a little more, but not for ever.
#[tokio::test]
async fn an_exit_of_the_app_that_never_ends_is_named() {
    struct Stuck;

    #[dependency(scope = "app", exit = never)]
    fn stuck() -> Stuck {
        Stuck
    }

    async fn never(_stuck: &Stuck, _outcome: &Outcome) {
        std::future::pending().await
    }

    #[get("/stuck")]
    async fn uses(_stuck: Depends<stuck>) {}

    let grace = Duration::from_millis(10);
    let app = App::new().tasks(TaskLimits::default().grace(grace).exit_grace(grace)).routes(routes![uses]);
    let error = Served::new(app).await.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.app_exits, ["stuck"]);
}

/// What a sync function on the blocking pool waits for, so that the test can hold it up.
struct Release(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

/// Records when the request that it was made for is gone.
struct Gone(Journal);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.write("request:gone");
    }
}

#[dependency]
fn gone(journal: State<Journal>) -> Gone {
    Gone((*journal).clone())
}

fn use_resource(resource: &Resource, release: &Release) {
    resource.0.write("function:start");
    // An error means that the test has ended.
    let _ = release.0.lock().unwrap().recv();
    resource.0.write("function:end");
}

#[get("/function", blocking, dependencies(gone))]
fn function_on_the_pool(resource: Depends<resource>, release: State<Release>) {
    use_resource(&resource, &release);
}

#[dependency(blocking)]
fn on_the_pool(resource: Depends<resource>, release: State<Release>) {
    use_resource(&resource, &release);
}

#[get("/dependency", dependencies(gone))]
async fn dependency_on_the_pool(_on_the_pool: Depends<on_the_pool>) {}

/// A server with a function on its blocking pool whose client has left. It runs until the sender is used or dropped.
async fn left_on_the_pool(path: &str, limits: TaskLimits) -> (Served, Entries, std::sync::mpsc::Sender<()>) {
    let (journal, mut entries) = Journal::new();
    let (release, waits) = std::sync::mpsc::channel();
    let routes = routes![function_on_the_pool, dependency_on_the_pool];
    let app = App::new().state(journal).state(Release(waits.into())).tasks(limits).routes(routes);
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    assert_eq!(entries.take(2).await, ["app:built", "function:start"]);
    drop(client);
    assert_eq!(entries.next().await, "request:gone");
    (served, entries, release)
}

/// Nothing stops a function on the blocking pool, and to its end it uses what the exits of the app would take away. Its request,
/// which leaves nothing behind, is gone with its client by then.
#[tokio::test]
async fn a_function_on_the_blocking_pool_whose_client_has_left_is_waited_for() {
    for path in ["/function", "/dependency"] {
        let (served, mut entries, release) = left_on_the_pool(path, TaskLimits::default()).await;
        let stopping = tokio::spawn(served.stop());
        settle().await;
        assert_eq!(entries.now(), [""; 0], "{path}");
        release.send(()).unwrap();
        stopping.await.unwrap().unwrap();
        assert_eq!(entries.now(), ["function:end", "app:exit"], "{path}");
    }
}

struct OfRequest(Journal);

#[dependency(exit = leave_request)]
fn of_request(journal: State<Journal>) -> OfRequest {
    OfRequest((*journal).clone())
}

async fn leave_request(of_request: &OfRequest, _outcome: &Outcome) {
    of_request.0.write("request:exit");
}

struct OfFunction(Journal);

#[dependency(scope = "function", exit = leave_function)]
fn of_function(of_request: Depends<of_request>) -> OfFunction {
    OfFunction(of_request.0.clone())
}

async fn leave_function(of_function: &OfFunction, _outcome: &Outcome) {
    of_function.0.write("function:exit");
}

#[get("/function-with-exits", blocking)]
fn function_with_exits(
    resource: Depends<resource>,
    _of_function: Depends<of_function>,
    release: State<Release>,
) {
    use_resource(&resource, &release);
}

#[dependency(blocking)]
fn on_the_pool_with_exits(
    resource: Depends<resource>,
    _of_function: Depends<of_function>,
    release: State<Release>,
) {
    use_resource(&resource, &release);
}

#[get("/dependency-with-exits")]
async fn dependency_with_exits(_on_the_pool: Depends<on_the_pool_with_exits>) {}

/// The exits of its own dependencies do not run before it has returned either.
#[tokio::test]
async fn the_exits_of_what_a_function_on_the_blocking_pool_uses_wait_for_it() {
    for path in ["/function-with-exits", "/dependency-with-exits"] {
        let (journal, mut entries) = Journal::new();
        let (release, waits) = std::sync::mpsc::channel();
        let routes = routes![function_with_exits, dependency_with_exits];
        let limits =
            TaskLimits::default().grace(Duration::from_millis(20)).exit_grace(Duration::from_mins(1));
        let app = App::new().state(journal).state(Release(waits.into())).tasks(limits).routes(routes);
        let served = Served::new(app).await;
        let mut client = served.http1().await;
        let reply = tokio::spawn(async move { client.send_request(request("GET", path)).await });
        assert_eq!(entries.take(2).await, ["app:built", "function:start"]);
        let stopping = tokio::spawn(served.stop());
        assert!(reply.await.unwrap().is_err(), "it is cut off");
        settle().await;
        assert_eq!(entries.now(), [""; 0], "{path}");
        release.send(()).unwrap();
        assert!(matches!(stopping.await.unwrap(), Err(epilogue::Error::Unfinished(_))));
        assert_eq!(entries.now(), ["function:end", "function:exit", "request:exit", "app:exit"], "{path}");
    }
}

#[tokio::test]
async fn an_exit_that_the_deadline_finds_half_done_is_ended_before_the_next_one_begins() {
    #[dependency(scope = "function", exit = commit)]
    fn transaction(journal: State<Journal>, gate: State<Gate>) -> (Journal, Gate) {
        ((*journal).clone(), (*gate).clone())
    }

    async fn commit((journal, gate): &(Journal, Gate), _outcome: &Outcome) {
        journal.write("commit:start");
        gate.pass().await;
        journal.write("commit:end");
    }

    #[get("/")]
    async fn commits(_transaction: Depends<transaction>, _of_request: Depends<of_request>) {}

    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let limits = TaskLimits::default().grace(Duration::from_millis(20)).exit_grace(Duration::from_mins(1));
    let app = App::new().state(journal).state(gate.clone()).tasks(limits).routes(routes![commits]);
    let served = Served::new(app).await;
    let mut client = served.http1().await;
    let reply = tokio::spawn(async move { client.send_request(request("GET", "/")).await });
    assert_eq!(entries.next().await, "commit:start");
    let stopping = tokio::spawn(served.stop());
    assert!(reply.await.unwrap().is_err(), "it is cut off");
    settle().await;
    assert_eq!(entries.now(), [""; 0]);
    gate.open();
    assert!(matches!(stopping.await.unwrap(), Err(epilogue::Error::Unfinished(_))));
    assert_eq!(entries.now(), ["commit:end", "request:exit"]);
}

/// If it does not end, the report says so.
#[tokio::test]
async fn a_function_on_the_blocking_pool_that_does_not_end_is_counted() {
    for path in ["/function", "/dependency"] {
        let limits = TaskLimits::default().grace(Duration::from_millis(20));
        let (served, mut entries, release) = left_on_the_pool(path, limits).await;
        let error = served.stop().await.unwrap_err();
        let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
        assert_eq!((report.blocking, report.connections), (1, 0), "{path}: {report}");
        assert_eq!(entries.now(), ["app:exit"], "{path}");
        drop(release);
    }
}
