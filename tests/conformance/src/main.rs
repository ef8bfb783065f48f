//! The server under the conformance suite, which checks that Epilogue behaves like `FastAPI`.
//!
//! `suite/README.md` describes every route. Each group of routes is a module of `groups`, written as a user would write it.

mod control;
mod errors;
mod files;
mod groups;
mod letters;
mod onion;
mod run;

use std::env;
use std::error::Error;

use epilogue::prelude::*;
use epilogue::{OpenApi, Server};
use tokio::net::TcpListener;

use crate::errors::Teapot;
use crate::files::Files;
use crate::groups::{background, bg, cache, dependencies, err, exits, order, ov, param, res, resp, sec};
use crate::onion::Onion;
use crate::run::Runs;

#[epilogue::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(8000), |port| port.parse::<u16>())?;
    let files = env::var_os("CONF_FILE_DIR").map_or_else(|| env::temp_dir().join("conformance"), Into::into);
    let overridden = env::var_os("CONF_OVERRIDES").is_some_and(|value| value == "1");

    let app = app(Files::new(files)?);
    let app = if overridden { ov::overridden(app) } else { app };

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    Server::new(app).serve_on(listener).await?;
    Ok(())
}

fn app(files: Files) -> App {
    let runs = Runs::default();
    App::new()
        .openapi(OpenApi::new("Conformance", "1.0.0"))
        .state(runs.clone())
        .state(files)
        .router(control::router())
        .router(background::router())
        .router(dependencies::router())
        .router(exits::router())
        .router(cache::router())
        .router(order::router())
        .router(res::router())
        .router(bg::router())
        .router(resp::router())
        .router(param::router())
        .router(err::router())
        .router(sec::router())
        .router(ov::router())
        .layer(Onion::new(runs.clone()))
        .on_error(move |_: &Teapot, request| errors::teapot(runs.of(&request.headers)))
}
