//! `resp`: the reply in the making, shared by a path function and its dependencies.

use epilogue::prelude::*;
use serde_json::{Value, json};

use super::ok;

pub(crate) fn router() -> Router {
    Router::new("/resp").routes(routes![merge, last_writer, declared, http_error, explicit])
}

const TRAIL: HeaderName = HeaderName::from_static("x-trail");

#[dependency]
fn resp_sub(reply: &Reply) {
    reply.append_header(TRAIL, HeaderValue::from_static("sub"));
    reply.set_cookie("from-sub", "1");
}

#[dependency]
fn resp_dep(reply: &Reply, _sub: Depends<resp_sub>) {
    reply.append_header(TRAIL, HeaderValue::from_static("dep"));
    reply.set_cookie("from-dep", "2");
    reply.set_status(StatusCode::ACCEPTED);
}

#[get("/merge", status = 201)]
async fn merge(reply: &Reply, _dep: Depends<resp_dep>) -> Json<Value> {
    reply.append_header(TRAIL, HeaderValue::from_static("handler"));
    ok()
}

#[get("/last-writer", status = 201)]
async fn last_writer(reply: &Reply, _dep: Depends<resp_dep>) -> Json<Value> {
    reply.set_status(StatusCode::PARTIAL_CONTENT);
    ok()
}

#[get("/declared", status = 201)]
async fn declared(_sub: Depends<resp_sub>) -> Json<Value> {
    ok()
}

#[get("/http-error")]
async fn http_error(_dep: Depends<resp_dep>) -> Result<(), HttpError> {
    let error = HttpError::new(StatusCode::BAD_REQUEST, json!({ "why": ["a", 1] }));
    Err(error.header(HeaderName::from_static("x-extra"), HeaderValue::from_static("yes")))
}

#[get("/explicit")]
async fn explicit(reply: &Reply, _dep: Depends<resp_dep>) -> Json<Value> {
    reply.set_header(HeaderName::from_static("x-late"), HeaderValue::from_static("1"));
    ok()
}
