//! An axum app that adopts Epilogue: one handler as it was, one with dependencies and tasks, and new routes as an `App`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use epilogue::{App, BackgroundTasks, Depends, EpilogueLayer, Header, HttpError, dependency, routes};
use serde::Serialize;

/// The state that the axum app has had all along.
#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl Audit {
    fn write(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// A handler that stays as it was.
async fn audit_log(State(audit): State<Audit>) -> Json<Vec<String>> {
    Json(audit.lines())
}

/// The task that both kinds of function add.
async fn write(audit: epilogue::State<Audit>, line: String) {
    audit.write(line);
}

/// The user, shared by everything in the request.
#[dependency]
async fn user(authorization: Header<Option<String>>) -> Result<String, HttpError> {
    match authorization.as_deref().and_then(|header| header.strip_prefix("Bearer token-of-")) {
        Some(user) => Ok(user.to_owned()),
        None => Err(HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated")),
    }
}

/// The user, noted in the audit log after the reply. The log is the axum app's own state.
#[dependency]
fn audited(
    user: Depends<user>,
    audit: epilogue::State<Audit>,
    tasks: &BackgroundTasks,
) -> epilogue::State<Audit> {
    tasks.add_task(write, (audit.clone(), format!("{} was here", *user)));
    audit
}

#[derive(Serialize)]
struct Order {
    user: String,
    what: String,
}

// A handler that has adopted Epilogue: its dependencies and its task list stand among axum's own extractors.
async fn order(
    user: Depends<user>,
    audit: Depends<audited>,
    tasks: BackgroundTasks,
    what: String,
) -> (StatusCode, Json<Order>) {
    let line = format!("{} ordered {what}", *user);
    tasks.add_task(write, ((*audit).clone(), line));
    (StatusCode::ACCEPTED, Json(Order { user: user.to_string(), what }))
}

// A new route, written as a path function.
#[epilogue::get("/me")]
async fn me(user: Depends<user>) -> String {
    user.to_string()
}

fn router() -> (axum::Router, EpilogueLayer) {
    let audit = Audit::default();
    let app = App::new().state(audit.clone()).routes(routes![me]);
    let epilogue = EpilogueLayer::new(app.clone());
    let router = axum::Router::new()
        .route("/audit", get(audit_log))
        .route("/orders", post(order))
        .layer(epilogue.clone())
        .with_state(audit)
        .nest_service("/v2", app);
    (router, epilogue)
}

/// Ctrl-C or SIGTERM. axum's server leaves both to its app.
async fn stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())?.recv().await;
        std::io::Result::Ok(())
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending();
    // An error means that no such signal can be waited for, and stops the server too.
    _ = tokio::select! {
        stop = interrupted => stop,
        stop = terminated => stop,
    };
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (router, epilogue) = router();
    epilogue.start().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, router).with_graceful_shutdown(stop()).await?;
    epilogue.drain().await?; // what is queued is done before the process ends
    Ok(())
}

#[cfg(test)]
mod tests;
