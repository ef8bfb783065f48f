//! `concurrent`: parameters at the same time, each dependency once, tasks in the declared order.

use std::sync::{Arc, Mutex, mpsc};

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Gate, Journal, settle};
use tokio::sync::Barrier;

async fn write(journal: Journal, line: &'static str) {
    journal.write(line);
}

struct Meeting(Barrier);

#[dependency]
async fn shared(journal: State<Journal>, tasks: &BackgroundTasks) -> u32 {
    journal.write("shared");
    tasks.add_task(write, ((*journal).clone(), "task of shared"));
    1
}

/// Ends only if the other one runs at the same time, and adds its task after it.
#[dependency]
async fn left(
    shared: Depends<shared>,
    meeting: State<Meeting>,
    gate: State<Gate>,
    journal: State<Journal>,
    tasks: &BackgroundTasks,
) -> u32 {
    meeting.0.wait().await;
    gate.pass().await;
    tasks.add_task(write, ((*journal).clone(), "task of left"));
    *shared + 1
}

#[dependency]
async fn right(
    shared: Depends<shared>,
    meeting: State<Meeting>,
    gate: State<Gate>,
    journal: State<Journal>,
    tasks: &BackgroundTasks,
) -> u32 {
    tasks.add_task(write, ((*journal).clone(), "task of right"));
    meeting.0.wait().await;
    gate.open();
    *shared + 2
}

#[get("/route", concurrent)]
async fn of_a_route(
    left: Depends<left>,
    right: Depends<right>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> String {
    tasks.add_task(write, ((*journal).clone(), "task of the function"));
    format!("{} {}", *left, *right)
}

#[dependency(concurrent)]
fn both(left: Depends<left>, right: Depends<right>) -> u32 {
    *left * *right
}

#[get("/dependency")]
async fn of_a_dependency(both: Depends<both>) -> String {
    both.to_string()
}

#[dependency]
async fn never(dropped: State<Arc<tokio::sync::Notify>>) -> u32 {
    struct OnDrop(State<Arc<tokio::sync::Notify>>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let _on_drop = OnDrop(dropped);
    std::future::pending().await
}

#[dependency]
async fn refuses() -> Result<u32, HttpError> {
    Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
}

#[get("/refused", concurrent)]
async fn refused(_never: Depends<never>, _refuses: Depends<refuses>) -> &'static str {
    "never"
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let app = App::new()
        .state(journal)
        .state(Meeting(Barrier::new(2)))
        .state(Gate::default())
        .state(Arc::<tokio::sync::Notify>::default())
        .routes(routes![of_a_route, of_a_dependency, refused]);
    (app, entries)
}

#[tokio::test]
async fn parameters_of_a_route_are_resolved_at_the_same_time() {
    let (app, mut entries) = app();
    let response = TestClient::new(app).get("/route").send().await;
    assert_eq!(response.text(), "2 3");
    let wanted = ["shared", "task of shared", "task of left", "task of right", "task of the function"];
    assert_eq!(entries.now(), wanted, "each once, and the tasks as declared");
}

#[tokio::test]
async fn parameters_of_a_dependency_are_resolved_at_the_same_time() {
    let (app, mut entries) = app();
    assert_eq!(TestClient::new(app).get("/dependency").send().await.text(), "6");
    assert_eq!(entries.now(), ["shared", "task of shared", "task of left", "task of right"]);
}

#[tokio::test]
async fn what_is_concurrent_below_another_is_resolved_once_and_in_order() {
    #[dependency]
    async fn first(journal: State<Journal>) {
        journal.write("first");
    }
    #[dependency]
    async fn second(journal: State<Journal>) {
        journal.write("second");
    }
    #[dependency(concurrent)]
    fn pair(_first: Depends<first>, _second: Depends<second>, journal: State<Journal>) {
        journal.write("pair");
    }
    #[dependency]
    async fn third(_pair: Depends<pair>, journal: State<Journal>) {
        journal.write("third");
    }
    #[get("/", concurrent)]
    async fn all(_pair: Depends<pair>, _third: Depends<third>) {}

    let (journal, mut entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![all]));
    assert_eq!(client.get("/").send().await.status(), StatusCode::OK);
    assert_eq!(entries.now(), ["first", "second", "pair", "third"]);
}

#[tokio::test]
async fn a_dependency_that_several_parameters_need_is_waited_for_by_all() {
    #[dependency]
    async fn slow(gate: State<Gate>, journal: State<Journal>) -> u32 {
        journal.write("slow");
        gate.pass().await;
        1
    }
    #[dependency]
    async fn late(other: State<Arc<tokio::sync::Notify>>) {
        other.notified().await;
    }
    #[dependency]
    fn one_more(slow: Depends<slow>) -> u32 {
        *slow + 1
    }
    #[dependency]
    fn late_one_more(_late: Depends<late>, slow: Depends<slow>) -> u32 {
        *slow + 1
    }
    #[dependency]
    fn two_more(slow: Depends<slow>, other: State<Arc<tokio::sync::Notify>>) -> u32 {
        other.notify_one();
        *slow + 2
    }
    #[dependency]
    fn opens(gate: State<Gate>) {
        gate.open();
    }
    #[get("/", concurrent)]
    async fn sum(
        one: Depends<one_more>,
        late: Depends<late_one_more>,
        two: Depends<two_more>,
        _opens: Depends<opens>,
    ) -> String {
        format!("{} {} {}", *one, *late, *two)
    }

    let (journal, mut entries) = Journal::new();
    let other = Arc::<tokio::sync::Notify>::default();
    let app = App::new().state(journal).state(Gate::default()).state(other).routes(routes![sum]);
    assert_eq!(TestClient::new(app).get("/").send().await.text(), "2 2 3");
    assert_eq!(entries.now(), ["slow"]);
}

#[tokio::test]
async fn what_comes_before_or_after_concurrent_parameters_has_its_turn() {
    #[dependency]
    async fn before(journal: State<Journal>) -> u32 {
        journal.write("before");
        1
    }
    #[dependency]
    async fn one_side(meeting: State<Meeting>) -> u32 {
        meeting.0.wait().await;
        1
    }
    #[dependency]
    async fn other_side(meeting: State<Meeting>) -> u32 {
        meeting.0.wait().await;
        2
    }
    #[dependency(concurrent)]
    fn first_two(left: Depends<left>, right: Depends<right>) -> u32 {
        *left + *right
    }
    #[dependency(concurrent)]
    fn last_two(one: Depends<one_side>, other: Depends<other_side>, before: Depends<before>) -> u32 {
        *one + *other + *before
    }
    #[get("/in-order")]
    async fn in_order(
        before: Depends<before>,
        first: Depends<first_two>,
        last: Depends<last_two>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> String {
        tasks.add_task(write, ((*journal).clone(), "task of the function"));
        format!("{} {} {}", *before, *first, *last)
    }

    let (app, mut entries) = app();
    let client = TestClient::new(app.routes(routes![in_order]));
    assert_eq!(client.get("/in-order").send().await.text(), "1 5 4");
    let wanted =
        ["before", "shared", "task of shared", "task of left", "task of right", "task of the function"];
    assert_eq!(entries.now(), wanted);
}

#[tokio::test]
async fn an_error_of_one_ends_the_others() {
    let (app, _entries) = app();
    let dropped = Arc::new(tokio::sync::Notify::new());
    let response = TestClient::new(app.state(dropped.clone())).get("/refused").send().await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    dropped.notified().await;
}

/// A call on the blocking pool that says when it has begun, and ends when the test lets it.
struct Call {
    begun: tokio::sync::Notify,
    end: Mutex<mpsc::Receiver<()>>,
}

#[dependency(exit = close)]
fn pool(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

async fn close(journal: &Journal, _outcome: &Outcome) {
    journal.write("pool exited");
}

#[dependency(blocking, exit = disconnect)]
fn connection(pool: Depends<pool>, call: State<Call>) -> Journal {
    call.begun.notify_one();
    call.end.lock().unwrap().recv().unwrap();
    (*pool).clone()
}

async fn disconnect(journal: &Journal, outcome: &Outcome) {
    journal.write(format!("connection exited, success: {}", outcome.is_success()));
}

#[dependency]
async fn refuses_meanwhile(call: State<Call>) -> Result<(), HttpError> {
    call.begun.notified().await;
    Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
}

#[tokio::test]
async fn what_is_entered_on_the_blocking_pool_when_another_one_fails_is_exited() {
    #[get("/", concurrent)]
    async fn connects(_connection: Depends<connection>, _refuses: Depends<refuses_meanwhile>) {}

    let (journal, mut entries) = Journal::new();
    let (end, ends) = mpsc::channel();
    let call = Call { begun: tokio::sync::Notify::new(), end: Mutex::new(ends) };
    let client = TestClient::new(App::new().state(journal).state(call).routes(routes![connects]));
    let response = client.get("/").reply_only().await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    settle().await;
    assert!(entries.now().is_empty(), "the pool is exited after what was taken of it");
    end.send(()).unwrap();
    assert_eq!(entries.take(2).await, ["connection exited, success: false", "pool exited"]);
}

#[dependency(scope = "function", exit = close_early)]
fn transaction(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

async fn close_early(journal: &Journal, _outcome: &Outcome) {
    journal.write("transaction exited");
}

#[dependency(blocking)]
fn uses(transaction: Depends<transaction>, call: State<Call>) {
    call.begun.notify_one();
    call.end.lock().unwrap().recv().unwrap();
    transaction.write("used");
}

#[dependency(blocking, scope = "function", exit = close_statement)]
fn statement(transaction: Depends<transaction>, call: State<Call>) -> Journal {
    call.begun.notify_one();
    call.end.lock().unwrap().recv().unwrap();
    (*transaction).clone()
}

async fn close_statement(journal: &Journal, _outcome: &Outcome) {
    journal.write("statement exited");
}

#[tokio::test]
async fn an_exit_before_the_reply_waits_for_what_uses_its_output_on_the_blocking_pool() {
    #[dependency]
    async fn refuses_aloud(call: State<Call>, journal: State<Journal>) -> Result<(), HttpError> {
        call.begun.notified().await;
        journal.write("refused");
        Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
    }
    #[get("/uses", concurrent)]
    async fn used(_uses: Depends<uses>, _refuses: Depends<refuses_aloud>) {}
    #[get("/statement", concurrent)]
    async fn stated(_statement: Depends<statement>, _refuses: Depends<refuses_aloud>) {}

    for (path, last_of_the_call) in [("/uses", "used"), ("/statement", "statement exited")] {
        let (journal, mut entries) = Journal::new();
        let (end, ends) = mpsc::channel();
        let call = Call { begun: tokio::sync::Notify::new(), end: Mutex::new(ends) };
        let client = TestClient::new(App::new().state(journal).state(call).routes(routes![used, stated]));
        let request = tokio::spawn(async move { client.get(path).send().await.status() });
        assert_eq!(entries.next().await, "refused", "{path}");
        settle().await;
        assert_eq!(entries.now(), [""; 0], "{path}");
        end.send(()).unwrap();
        assert_eq!(request.await.unwrap(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(entries.now(), [last_of_the_call, "transaction exited"], "{path}");
    }
}

#[dependency(blocking)]
fn adds_late(_pool: Depends<pool>, call: State<Call>, tasks: BackgroundTasks, journal: State<Journal>) {
    call.begun.notify_one();
    call.end.lock().unwrap().recv().unwrap();
    tasks.add_task(write, ((*journal).clone(), "of a request that has failed"));
}

#[tokio::test]
async fn what_is_added_on_the_blocking_pool_when_another_one_has_failed_is_dropped() {
    #[get("/", concurrent)]
    async fn adds(_adds: Depends<adds_late>, _refuses: Depends<refuses_meanwhile>) {}

    let (journal, mut entries) = Journal::new();
    let (end, ends) = mpsc::channel();
    let call = Call { begun: tokio::sync::Notify::new(), end: Mutex::new(ends) };
    let app = App::new().state(journal).state(call).routes(routes![adds]);
    let client = TestClient::new(app.clone());
    let request = tokio::spawn(async move { client.get("/").send().await.status() });
    // By then its exits are waiting for the pool.
    while app.task_stats().batches == 0 {
        tokio::task::yield_now().await;
    }
    settle().await;
    end.send(()).unwrap();
    assert_eq!(request.await.unwrap(), StatusCode::FORBIDDEN);
    assert_eq!((entries.now(), app.task_stats().discarded), (vec!["pool exited".to_owned()], 1));
}

#[dependency]
async fn refuses_with_an_audit(
    call: State<Call>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> Result<(), HttpError> {
    tasks.add_task(write, ((*journal).clone(), "audit")).always();
    call.begun.notified().await;
    Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
}

#[dependency(blocking)]
fn adds_two_late(call: State<Call>, tasks: &BackgroundTasks, journal: State<Journal>) {
    call.begun.notify_one();
    call.end.lock().unwrap().recv().unwrap();
    tasks.add_task(write, ((*journal).clone(), "of a request that has failed"));
    tasks.add_task(write, ((*journal).clone(), "late audit")).always();
}

#[tokio::test]
async fn the_tasks_of_a_failed_request_wait_for_what_is_added_on_the_blocking_pool() {
    #[get("/plain", concurrent)]
    async fn plain(_adds: Depends<adds_two_late>, _refuses: Depends<refuses_with_an_audit>) {}

    #[get("/with-exits", concurrent)]
    async fn with_exits(
        _pool: Depends<pool>,
        _adds: Depends<adds_two_late>,
        _refuses: Depends<refuses_with_an_audit>,
    ) {
    }

    for (path, wanted) in
        [("/plain", &["audit", "late audit"][..]), ("/with-exits", &["audit", "late audit", "pool exited"])]
    {
        let (journal, mut entries) = Journal::new();
        let (end, ends) = mpsc::channel();
        let call = Call { begun: tokio::sync::Notify::new(), end: Mutex::new(ends) };
        let app = App::new().state(journal).state(call).routes(routes![plain, with_exits]);
        let client = TestClient::new(app.clone());
        let response = client.get(path).reply_only().await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        settle().await;
        end.send(()).unwrap();
        client.stop().await.unwrap();
        assert_eq!(entries.now(), wanted, "{path}");
        assert_eq!(app.task_stats().discarded, 1, "{path}");
    }
}

/// A list that a dependency has kept.
#[derive(Clone)]
struct Kept(BackgroundTasks);

#[dependency]
async fn one(tasks: BackgroundTasks) -> Kept {
    Kept(tasks)
}

#[dependency]
async fn other(tasks: BackgroundTasks) -> Kept {
    Kept(tasks)
}

#[tokio::test]
async fn what_is_added_when_all_are_resolved_runs_in_the_order_added() {
    #[get("/", concurrent)]
    async fn adds(
        one: Depends<one>,
        other: Depends<other>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) {
        for (list, line) in [(tasks, "1"), (&other.0, "2"), (&one.0, "3"), (tasks, "4")] {
            list.add_task(write, ((*journal).clone(), line));
        }
    }

    let (journal, mut entries) = Journal::new();
    TestClient::new(App::new().state(journal).routes(routes![adds])).get("/").send().await;
    assert_eq!(entries.now(), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn the_tasks_of_a_reply_come_last_where_no_dependency_adds_any() {
    #[dependency]
    async fn first_number() -> u8 {
        1
    }
    #[dependency]
    async fn second_number() -> u16 {
        2
    }
    async fn note(journal: Journal, line: &'static str) {
        journal.write(line);
    }
    #[get("/", concurrent)]
    async fn brings_its_own(
        _first: Depends<first_number>,
        _second: Depends<second_number>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> Background {
        tasks.add_task(note, ((*journal).clone(), "of the path function"));
        Background::task(note, ((*journal).clone(), "of its reply"))
    }

    let (journal, mut entries) = Journal::new();
    epilogue::testing::TestClient::new(App::new().state(journal).routes(routes![brings_its_own]))
        .get("/")
        .send()
        .await;
    assert_eq!(entries.now(), ["of the path function", "of its reply"]);
}
