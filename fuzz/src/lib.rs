//! What the fuzz targets run. `tests/e2e/tests/all/fuzz_seeds.rs` runs it too, with their seeds and mutations of these.
//!
//! A panic inside an app is caught and becomes a 500. No path function here replies with a 500, so each one is a finding.

use std::cell::OnceCell;
use std::collections::HashMap;

use axum_core::body::Body;
use epilogue::prelude::*;
use http::{Request, Uri};
use http_body_util::BodyExt;
use tower_service::Service;

/// A whole path, or a router's prefix and a path, separated by a newline.
pub fn paths(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((prefix, path)) = text.split_once('\n') {
        let app = App::new().router(Router::new(prefix).routes(routes![item, part, file]));
        // What cannot be routed is refused at the start, and never panics.
        if block_on(app.start()).is_ok() {
            send(&app, request("GET", path, Body::empty()));
        }
    } else {
        APP.with(|app| send(app.get_or_init(app_of_all), request("GET", text, Body::empty())));
    }
}

/// A place in a request, chosen by the first byte, and the text there.
pub fn values(data: &[u8]) {
    let Some((place, value)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(value);
    let request = match place % 4 {
        0 => request("GET", &format!("/query?{text}"), Body::empty()),
        1 => request("POST", "/form", Body::from(value.to_vec())).map(|mut request| {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(header::CONTENT_TYPE, form);
            request
        }),
        2 => with_header("/cookies", header::COOKIE, value),
        _ => with_header("/headers", HeaderName::from_static("number"), value),
    };
    APP.with(|app| send(app.get_or_init(app_of_all), request));
}

/// The text of a request: a line with its method and target, headers, an empty line, a body.
pub fn requests(data: &[u8]) {
    let end = data.windows(2).position(|at| at == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let (method, target) = line.split_once(' ').unwrap_or(("GET", &line));
    let Some(mut request) = request(method, target, Body::from(body.to_vec())) else { return };
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or_default();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            request.headers_mut().append(name, value);
        }
    }
    APP.with(|app| send(app.get_or_init(app_of_all), Some(request)));
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "it is decoded, and nobody looks at what came of it")]
struct Page {
    number: Option<u64>,
    size: Option<i8>,
    ratio: Option<f64>,
    exact: Option<bool>,
    order: Option<Order>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    numbers: Vec<u16>,
    letter: Option<char>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Up,
    Down,
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "it is decoded, and nobody looks at what came of it")]
struct Item {
    name: String,
    price: f64,
    tags: Option<Vec<String>>,
    #[serde(flatten)]
    other: HashMap<String, u32>,
}

async fn nothing() {}

#[get("/items/{id}")]
async fn item(id: Path<String>, tasks: &BackgroundTasks) -> String {
    tasks.add_task(nothing, ());
    id.into_inner()
}

#[get("/items/{id}/parts/{part}")]
async fn part(both: Path<(u32, Option<String>)>) -> String {
    both.0.0.to_string()
}

#[get("/files/{*path}")]
async fn file(path: Path<String>) -> String {
    path.into_inner()
}

#[get("/query")]
async fn query(
    page: Query<Page>,
    tags: Query<Vec<String>>,
    number: Query<Option<u64>>,
    #[param(ge = 1, le = 9)] size: Query<Option<i8>>,
    #[param(min_length = 1, max_length = 3, pattern = "^[a-z]+$")] letter: Query<Option<String>>,
) -> String {
    let _ = (number, size, letter);
    format!("{} {}", page.tags.len(), tags.len())
}

#[post("/form")]
async fn form(page: Form<Page>) -> String {
    page.numbers.len().to_string()
}

#[get("/cookies")]
async fn cookies(
    number: Cookie<Option<u64>>,
    tags: Cookie<Vec<String>>,
    order: Cookie<Option<Order>>,
) -> String {
    let _ = (number, order);
    tags.len().to_string()
}

#[get("/headers")]
async fn headers(number: Header<Vec<i32>>, user_agent: Header<Option<String>>) -> String {
    let _ = user_agent;
    number.len().to_string()
}

#[put("/items/{id}")]
async fn replace(id: Path<u8>, item: Json<Item>, tasks: &BackgroundTasks) -> String {
    tasks.add_task(nothing, ());
    format!("{} {}", *id, item.name)
}

#[post("/upload")]
async fn upload(title: Form<Option<String>>, numbers: Form<Vec<u8>>, files: File<Vec<UploadFile>>) -> String {
    format!("{} {} {}", title.is_some(), numbers.len(), files.len())
}

#[post("/text")]
async fn text(body: String) -> String {
    body
}

fn app_of_all() -> App {
    let routes = routes![item, part, file, query, form, cookies, headers, replace, upload, text];
    App::new().body_limit(4096).routes(routes)
}

thread_local! {
    static APP: OnceCell<App> = const { OnceCell::new() };
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime of one thread");
}

fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

fn request(method: &str, target: &str, body: Body) -> Option<Request<Body>> {
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let target: Uri = target.parse().ok()?;
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut()) = (method, target);
    Some(request)
}

fn with_header(path: &str, name: HeaderName, value: &[u8]) -> Option<Request<Body>> {
    let mut request = request("GET", path, Body::empty())?;
    // Several headers of this name, separated by newlines.
    for value in value.split(|byte| *byte == b'\n') {
        request.headers_mut().append(&name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request)
}

fn send(app: &App, request: Option<Request<Body>>) {
    let Some(request) = request else { return };
    block_on(async {
        let told = format!("{request:?}");
        let Ok(reply) = app.clone().call(request).await;
        assert_ne!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR, "{told}");
        reply.into_body().collect().await.expect("no body here breaks off");
    });
}
