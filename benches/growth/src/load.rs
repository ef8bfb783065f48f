//! The work whose cost is counted, from outside or here.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum_core::body::Body;
use epilogue::App;
use http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tower_service::Service;

use crate::app;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Sends this many requests, without a server, to the route of this kind and size.
pub(crate) fn requests(kind: &str, size: usize, count: u32) -> Result<()> {
    let (routes, method, path) = match kind {
        // To the last of the routes.
        "routes" if size > 1 => {
            (size - 1, "GET", format!("/group{}/things{}/plain", (size - 2) / 100, size - 2))
        }
        "routes" => (0, "GET", String::from("/plain")),
        "tasks" => (0, "POST", format!("/tasks?count={size}")),
        _ => (0, "GET", format!("/{kind}/{size}")),
    };
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut app = app::with_routes(routes);
        app.start().await?;
        for _ in 0..count {
            send(&mut app, method, &path).await?;
            yield_now().await;
        }
        let wanted = if kind == "tasks" { u64::from(count) * size as u64 } else { 0 };
        while app.task_stats().succeeded < wanted {
            yield_now().await;
        }
        Ok(())
    })
}

async fn send(app: &mut App, method: &str, path: &str) -> Result<()> {
    let request = Request::builder().method(method).uri(path).body(Body::empty())?;
    let reply = app.call(request).await?;
    if !reply.status().is_success() {
        return Err(format!("{method} {path} was answered with {}", reply.status()).into());
    }
    drop(reply.into_body().collect().await?);
    Ok(())
}

/// The bytes per task of this many waiting tasks: all of one request, or one per request.
pub(crate) fn pending(in_one: bool, count: usize) -> Result<usize> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut app = app::with_routes(0);
        send(&mut app, "POST", "/pending?count=1").await?;
        yield_now().await;
        let before = resident("self")?;
        if in_one {
            send(&mut app, "POST", &format!("/pending?count={count}")).await?;
        } else {
            for _ in 0..count {
                send(&mut app, "POST", "/pending?count=1").await?;
            }
        }
        yield_now().await;
        Ok(resident("self")?.saturating_sub(before) / count)
    })
}

/// The resident memory of a process in bytes.
fn resident(process: &str) -> Result<usize> {
    let file = fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages: usize = file.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(pages * 4096)
}

/// Serves until it is killed, and prints the address.
pub(crate) fn serve() -> Result<()> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        epilogue::Server::new(app::with_routes(0))
            .header_read_timeout(Duration::from_mins(10))
            .serve_on(listener)
            .await?;
        Ok(())
    })
}

/// A server in a process of its own; it is killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The bytes per connection of this many connections that have each had a request, and the microseconds of a request to each in turn.
pub(crate) fn connections(count: usize) -> Result<(usize, f64)> {
    let mut child = Command::new(std::env::current_exe()?).arg("serve").stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().ok_or("its output is not piped")?;
    let server = Server(child);
    let mut address = [0; 64];
    let length = output.read(&mut address)?;
    let address = std::str::from_utf8(&address[..length])?.trim();
    let process = server.0.id().to_string();
    ask(&mut TcpStream::connect(address)?)?;
    let before = resident(&process)?;
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        ask(&mut stream)?;
        streams.push(stream);
    }
    let bytes = resident(&process)?.saturating_sub(before) / count;
    let mut times = Vec::new();
    for number in 0..count.max(10_000) {
        let begun = Instant::now();
        ask(&mut streams[number % count])?;
        times.push(begun.elapsed());
    }
    times.sort();
    for stream in &streams {
        _ = stream.shutdown(Shutdown::Both);
    }
    Ok((bytes, times[times.len() / 2].as_secs_f64() * 1e6))
}

fn ask(stream: &mut TcpStream) -> Result<()> {
    stream.write_all(b"GET /plain HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let (mut reply, mut read) = ([0; 1024], 0);
    while !reply[..read].ends_with(b"\r\n\r\nHello") {
        match stream.read(&mut reply[read..])? {
            0 => return Err("the server has closed the connection".into()),
            more => read += more,
        }
    }
    Ok(())
}
