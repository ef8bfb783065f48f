//! Sends the same request to the benchmark's app many times, without a server: `in-process COUNT METHOD PATH BODY [NAME VALUE]…`.
//! Counting the instructions of two such runs gives those of one request.

use std::error::Error;

use axum_core::body::Body;
use http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tower_service::Service;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let [count, method, path, body, headers @ ..] = words.as_slice() else {
        return Err("in-process COUNT METHOD PATH BODY [NAME VALUE]…".into());
    };
    let count: u32 = count.parse()?;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut app = bench_server::app();
        app.start().await?;
        for _ in 0..count {
            let mut request = Request::builder().method(method.as_str()).uri(path);
            for pair in headers.chunks_exact(2) {
                request = request.header(&pair[0], &pair[1]);
            }
            let reply = app.call(request.body(Body::from(body.clone()))?).await?;
            if !reply.status().is_success() {
                return Err(format!("{method} {path} was answered with {}", reply.status()).into());
            }
            drop(reply.into_body().collect().await?);
            // The request's tasks run now. If there are many, the rest runs during the next requests and the drain.
            yield_now().await;
        }
        app.drain().await?;
        Ok(())
    })
}
