//! The benchmark's routes, written by hand with hyper for comparison: no framework, no promises. A task is one `tokio::spawn`
//! that may run before the reply is sent, in any order, and is lost at shutdown.

use std::borrow::Cow;
use std::convert::Infallible;

use bench_work::{Item, MANY, NewUser, Page, SENT, Sum};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

type Reply = Response<Full<Bytes>>;

fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    reply(status, "text/plain; charset=utf-8", body)
}

fn json(status: StatusCode, value: &impl serde::Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => reply(status, "application/json", body),
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "not JSON"),
    }
}

/// A value of the query by its name.
fn value<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let (_, raw) = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
    Some(if raw.contains('+') {
        Cow::Owned(percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned())
    } else {
        percent_decode_str(raw).decode_utf8_lossy()
    })
}

fn query_number(query: &str, name: &str) -> Option<u64> {
    value(query, name)?.parse().ok()
}

fn header_number(headers: &HeaderMap, name: &'static str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn sum(headers: &HeaderMap, query: &str) -> Option<Sum> {
    let conn = bench_work::conn(header_number(headers, "x-tenant")?);
    let session = bench_work::session(conn, header_number(headers, "x-token")?);
    let page = Page { skip: query_number(query, "skip")?, limit: query_number(query, "limit")? };
    let items = bench_work::items(conn, page);
    let users = bench_work::users(conn, query_number(query, "u")?);
    let audit = bench_work::audit(conn, header_number(headers, "x-audit")?);
    Some(Sum { sum: bench_work::service(session, items, users, audit) })
}

fn write_line(line: String) {
    tokio::spawn(async move { bench_work::write_line(line) });
}

fn write_about_query(query: &str) {
    if let Some(q) = value(query, "q") {
        write_line(bench_work::about_query(&q));
    }
}

fn get(path: &str, query: &str, headers: &HeaderMap) -> Option<Reply> {
    Some(match path {
        "/plain" => text(StatusCode::OK, "Hello"),
        "/di" => json(StatusCode::OK, &sum(headers, query)?),
        "/stats" => json(StatusCode::OK, &bench_work::stats()),
        _ => {
            let id = percent_decode_str(path.strip_prefix("/items/")?).decode_utf8_lossy().parse().ok()?;
            json(StatusCode::OK, &Item { id, q: value(query, "q").map(Cow::into_owned) })
        }
    })
}

fn post(path: &str, query: &str) -> Option<Reply> {
    if let Some(email) = path.strip_prefix("/send-notification/") {
        write_about_query(query);
        write_line(bench_work::about_email(&percent_decode_str(email).decode_utf8_lossy()));
    } else {
        let email = percent_decode_str(path.strip_prefix("/send-many/")?).decode_utf8_lossy();
        write_about_query(query);
        for number in 0..MANY {
            write_line(bench_work::about_message(number, &email));
        }
    }
    Some(json(StatusCode::OK, &SENT))
}

async fn create_user(body: Incoming) -> Option<Reply> {
    let body = body.collect().await.ok()?.to_bytes();
    let user: NewUser = serde_json::from_slice(&body).ok()?;
    Some(match user.check() {
        Ok(()) => json(StatusCode::CREATED, &user.store()),
        Err(rule) => text(StatusCode::UNPROCESSABLE_ENTITY, rule),
    })
}

async fn route(request: Request<Incoming>) -> Result<Reply, Infallible> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let reply = match *request.method() {
        Method::GET => get(path, query, request.headers()),
        Method::POST if path == "/users" => create_user(request.into_body()).await,
        Method::POST => post(path, query),
        _ => None,
    };
    Ok(reply.unwrap_or_else(|| text(StatusCode::BAD_REQUEST, "not one of the benchmark's requests")))
}

/// Serves them until a connection cannot be accepted.
///
/// # Errors
///
/// Why it could not.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new());
            // A client that leaves is not a failure of the server.
            let _left = builder.serve_connection(TokioIo::new(stream), service_fn(route)).await;
        });
    }
}
