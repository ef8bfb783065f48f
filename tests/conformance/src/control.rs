//! The control plane: the routes that the suite needs for itself.

use epilogue::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::files::Files;
use crate::groups::ok;
use crate::run::Runs;

pub(crate) fn router() -> Router {
    Router::new("").routes(routes![ping, read_trace, open_gate, read_file, remove_file])
}

#[get("/_ping", hidden)]
async fn ping() -> Json<Value> {
    ok()
}

#[derive(Serialize)]
struct Trace {
    events: Vec<String>,
}

#[get("/_trace/{run}", hidden)]
async fn read_trace(run: Path<String>, runs: State<Runs>) -> Json<Trace> {
    Json(Trace { events: runs.named(Some(run.as_str())).events() })
}

#[post("/_gate/{run}/{name}", hidden)]
async fn open_gate(run: Path<String>, name: Path<String>, runs: State<Runs>) -> Json<Value> {
    runs.named(Some(run.as_str())).open_gate(name.into_inner());
    ok()
}

#[derive(Serialize)]
struct File {
    exists: bool,
    text: String,
}

#[get("/_file/{name}", hidden, blocking)]
fn read_file(name: Path<String>, files: State<Files>) -> Result<Json<File>, HttpError> {
    let text = files.read(&name)?;
    Ok(Json(File { exists: text.is_some(), text: text.unwrap_or_default() }))
}

#[delete("/_file/{name}", hidden, blocking)]
fn remove_file(name: Path<String>, files: State<Files>) -> Result<Json<Value>, HttpError> {
    files.remove(&name)?;
    Ok(ok())
}
