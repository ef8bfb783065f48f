//! A middleware that acts only on requests with an `X-Onion` header.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::extract::Request;
use axum_core::response::Response;
use http::HeaderValue;
use tower_layer::Layer;
use tower_service::Service;

use crate::run::Runs;

/// The layer.
#[derive(Clone)]
pub(crate) struct Onion {
    runs: Runs,
}

/// What the layer turns a service into.
#[derive(Clone)]
pub(crate) struct OnionService<S> {
    runs: Runs,
    inner: S,
}

impl Onion {
    pub(crate) fn new(runs: Runs) -> Self {
        Self { runs }
    }
}

impl<S> Layer<S> for Onion {
    type Service = OnionService<S>;

    fn layer(&self, inner: S) -> OnionService<S> {
        OnionService { runs: self.runs.clone(), inner }
    }
}

impl<S> Service<Request> for OnionService<S>
where
    S: Service<Request, Response = Response, Future: Send + 'static>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !request.headers().contains_key("x-onion") {
            return Box::pin(self.inner.call(request));
        }
        let run = self.runs.of(request.headers());
        run.say("mw:in");
        let reply = self.inner.call(request);
        Box::pin(async move {
            let mut reply = reply.await?;
            run.say("mw:out");
            let status = HeaderValue::from(reply.status().as_u16());
            reply.headers_mut().insert("x-onion-status", status);
            Ok(reply)
        })
    }
}
