//! What a request reports about itself: a span with OpenTelemetry's names, which ends with the reply.

use std::collections::BTreeMap;
use std::fmt::Debug;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Journal, Served, logs_to, request};
use futures_util::{StreamExt, stream};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

/// Records each request's span when it ends, and each task's when it begins.
struct Spans(Journal);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(fields) = context.span(id).unwrap().extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let name = |id| context.span(id).map(|span| span.name());
        self.0.write(format!("{} follows {}", name(id).unwrap(), name(follows).unwrap()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if span.metadata().target() != "epilogue::request" {
            return;
        }
        let fields = span.extensions_mut().remove::<Fields>().unwrap();
        let of = |name: &str| fields.0.get(name).cloned().unwrap_or_else(|| "-".to_owned());
        self.0.write(
            [
                "otel.kind",
                "otel.name",
                "http.request.method",
                "http.request.method_original",
                "http.route",
                "url.scheme",
                "url.path",
                "http.response.status_code",
                "error.type",
                "network.protocol.version",
                "client.address",
                "request_id",
            ]
            .map(of)
            .join(" "),
        );
    }
}

async fn task(journal: State<Journal>) {
    journal.write("task");
}

#[get("/items/{id}")]
async fn item(id: Path<u64>, tasks: &BackgroundTasks, journal: State<Journal>) -> String {
    tasks.add_task(task, (journal,));
    id.to_string()
}

#[get("/fails")]
async fn fails() -> HttpError {
    HttpError::new(StatusCode::BAD_GATEWAY, "the other side is down")
}

#[tokio::test]
async fn a_request_has_a_span_that_ends_before_its_tasks_begin() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(Spans(journal.clone()));
    let served = Served::new(App::new().state(journal).routes(routes![item, fails])).await;
    served.get("/items/7?secret=x").await;
    assert_eq!(
        entries.take(3).await,
        [
            "task follows request",
            "server GET /items/{id} GET - /items/{id} http /items/7 200 - 1.1 127.0.0.1 1",
            "task"
        ]
    );
    served.get("/items/x").await;
    assert_eq!(
        entries.next().await,
        "server GET /items/{id} GET - /items/{id} http /items/x 422 - 1.1 127.0.0.1 2"
    );
    served.get("/fails").await;
    assert_eq!(entries.next().await, "server GET /fails GET - /fails http /fails 502 502 1.1 127.0.0.1 3");
    served.send(request("PUT", "/nowhere")).await;
    assert_eq!(entries.next().await, "server PUT PUT - - http /nowhere 404 - 1.1 127.0.0.1 -");
    served.send(request("PUT", "/fails")).await;
    assert_eq!(entries.next().await, "server PUT PUT - - http /fails 405 - 1.1 127.0.0.1 -");
    served.send(request("BREW", "/fails")).await;
    assert_eq!(entries.next().await, "server HTTP _OTHER BREW - http /fails 405 - 1.1 127.0.0.1 -");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn the_span_has_the_clients_address_as_a_layer_says_it() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(Spans(journal.clone()));
    let client = ClientAddr("[2001:db8::1]:0".parse().unwrap());
    let served =
        Served::new(App::new().state(journal).routes(routes![fails]).layer(axum::Extension(client))).await;
    served.get("/fails").await;
    assert_eq!(entries.next().await, "server GET /fails GET - /fails http /fails 502 502 1.1 2001:db8::1 1");
    served.stop().await.unwrap();
}

/// Records the threads on which the span of a request is entered.
struct Threads(Journal);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Threads {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if context.span(id).unwrap().metadata().target() == "epilogue::request" {
            self.0.write(format!("{:?}", std::thread::current().id()));
        }
    }
}

async fn close(journal: &Journal, _outcome: &Outcome) {
    let span = tracing::Span::current();
    journal.write(format!("closed in {}", span.metadata().map_or("no span", tracing::Metadata::name)));
}

#[dependency(exit = close)]
fn connection(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

#[get("/connects")]
async fn connects(_connection: Depends<connection>) {}

#[tokio::test]
async fn an_exit_after_the_reply_has_a_span_that_follows_from_its_requests() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(Spans(journal.clone()));
    let served = Served::new(App::new().state(journal).routes(routes![connects])).await;
    served.get("/connects").await;
    assert_eq!(
        entries.take(3).await,
        [
            "exit follows request",
            "server GET /connects GET - /connects http /connects 200 - 1.1 127.0.0.1 1",
            "closed in exit"
        ]
    );
}

#[dependency(blocking)]
fn looked_up() -> String {
    format!("{:?}", std::thread::current().id())
}

#[get("/blocks", blocking)]
fn blocks(looked_up: Depends<looked_up>) -> String {
    format!("{} {:?}", *looked_up, std::thread::current().id())
}

#[tokio::test]
async fn a_function_on_the_blocking_pool_is_in_the_span_of_its_request() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(Threads(journal));
    let reply = TestClient::new(App::new().routes(routes![blocks])).get("/blocks").send().await;
    let entered = entries.now();
    for thread in reply.text().split(' ') {
        assert!(entered.iter().any(|entry| entry == thread), "{thread} is not in {entered:?}");
    }
}

/// Records what is logged, and in which span.
struct InSpans(Journal);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for InSpans {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = context.event_span(event).map_or("no span", |span| span.name());
        self.0.write(format!("{} in {span}", fields.0["message"]));
    }
}

#[get("/pieces")]
async fn pieces() -> epilogue::Body {
    let pieces = [Ok("one"), Err(std::io::Error::other("the disk is on fire"))];
    epilogue::Body::from_stream(stream::iter(pieces).inspect(|_| tracing::info!("a piece")))
}

#[tokio::test]
async fn the_stream_of_a_reply_is_in_the_span_of_its_request() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(InSpans(journal));
    let reply = TestClient::new(App::new().routes(routes![pieces])).get("/pieces").send().await;
    assert!(reply.broken().is_some());
    assert_eq!(entries.now(), ["a piece in request", "a piece in request", "a reply broke off in request"]);
}
