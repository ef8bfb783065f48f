//! One of everything that a macro writes code for.
#![deny(warnings, unused, missing_debug_implementations, unreachable_pub, rust_2018_idioms)]
// What is generated has documentation where it can be seen.
#![forbid(missing_docs, unsafe_code)]
#![deny(clippy::all, clippy::pedantic)]
// Lints that are off, and that somebody may switch on.
#![deny(unused_qualifications, unused_import_braces)]
#![deny(missing_copy_implementations, closure_returning_async_block)]
#![deny(clippy::missing_docs_in_private_items, clippy::unnecessary_struct_initialization)]
#![deny(clippy::empty_structs_with_brackets, clippy::exhaustive_structs, clippy::shadow_reuse)]
// Of the functions as users write them, and of no code of the macros: async without an await, values that are only read.
#![allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::must_use_candidate)]
#![allow(clippy::missing_errors_doc, clippy::too_many_arguments)]

use axum_core::extract::Request;
use epilogue::prelude::*;

/// Depends on nothing, for the life of the app.
#[dependency(scope = "app")]
pub async fn greeting() -> String {
    String::from("hello")
}

/// Has parameters, may fail, and is exited.
#[dependency(exit = close, scope = "function")]
pub async fn session(
    greeting: Depends<greeting>,
    #[param(alias = "x-token", min_length = 1)] token: Header<Option<String>>,
) -> Result<String, HttpError> {
    Ok(format!("{} {:?}", *greeting, *token))
}

/// Exits the session.
async fn close(session: &str, _outcome: &Outcome) -> Result<(), HttpError> {
    println!("{session}");
    Ok(())
}

/// Returns nothing.
#[dependency]
pub fn check(_session: Depends<session>) {}

/// Runs on the blocking pool.
#[dependency(blocking)]
pub fn slow() -> u64 {
    1
}

/// Is generic.
#[dependency]
pub fn repository<T: Default + Send + Sync + 'static>(_session: Depends<session>) -> Vec<T> {
    vec![T::default()]
}

/// Is generic, and says so in a where-clause.
#[dependency]
pub fn default_of<T>() -> Vec<T>
where
    T: Default + Send + Sync + 'static,
{
    vec![T::default()]
}

/// Is generic over a number.
#[dependency]
pub fn at_least<const N: u32>(level: Query<u32>) -> Result<(), HttpError> {
    if *level >= N { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "too low")) }
}

/// What a public dependency names.
mod private {
    use epilogue::prelude::*;

    /// A private function's dependency, which the public ones below name.
    #[dependency]
    pub(super) fn hidden() -> u8 {
        1
    }
}
use private::hidden;

/// A struct of parameters.
#[derive(Debug, Dependency)]
#[non_exhaustive]
pub struct Paging {
    /// How many.
    #[param(default = 10, ge = 1, le = 100)]
    pub limit: Query<u32>,
    /// Which.
    pub q: Query<Option<String>>,
    /// In which order.
    #[param(default = usual())]
    pub order: Query<u8>,
}

/// A default that a function makes: the closure around its call is not the user's.
fn usual() -> u8 {
    1
}

/// A generic struct of parameters.
#[derive(Debug, Dependency)]
#[non_exhaustive]
pub struct Filter<T>
where
    T: Send + Sync + 'static,
{
    /// By what.
    pub by: Query<T>,
}

/// Is deprecated, and a dependency.
#[deprecated]
#[dependency]
pub fn former() {}

/// Is deprecated, and a struct.
#[deprecated]
#[derive(Debug, Dependency)]
#[non_exhaustive]
pub struct Former {
    /// Which.
    pub q: Query<String>,
}

/// Is deprecated, and a task.
#[deprecated]
#[task]
pub async fn notify_formerly(email: String) {
    println!("{email}");
}

/// Is deprecated, and no more than a type.
#[deprecated]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FormerPool;

/// Names what is deprecated, and says that it may.
#[allow(deprecated)]
#[get("/former")]
pub async fn takes_former(pool: State<FormerPool>, page: Depends<Former>) -> String {
    format!("{:?} {}", *pool, *page.q)
}

/// The same for a dependency.
#[expect(deprecated)]
#[dependency]
pub fn gives_former(pool: State<FormerPool>) -> FormerPool {
    *pool
}

/// A task with arguments.
#[task(retries = 3, retry_on_panic, timeout = "30s", always)]
pub async fn notify(email: String, greeting: Depends<greeting>, count: u32) -> Result<(), String> {
    println!("{email} {count} {}", *greeting);
    Ok(())
}

/// A task without any, on the blocking pool.
#[task]
pub fn tick() {}

/// Of every kind of parameter one.
#[post("/items/{id}", status = 201, dependencies(check, at_least<3>), tags("items"), concurrent)]
pub async fn create(
    id: Path<u64>,
    mut paging: Depends<Paging>,
    repository: Depends<repository<u8>>,
    slow: &Depends<slow>,
    maybe: Option<Depends<session>>,
    _hidden: Depends<hidden>,
    fresh: Depends<Fresh<slow>>,
    tasks: &BackgroundTasks,
    reply: &Reply,
    body: Bytes,
) -> Result<Json<u64>, HttpError> {
    paging = paging.clone();
    tasks.add(notify { email: String::from("a@example.com"), count: *paging.limit });
    tasks.add(tick {});
    reply.set_status(StatusCode::CREATED);
    let sum = *id + repository.len() as u64 + **slow + *fresh + body.len() as u64;
    Ok(Json(sum + u64::from(maybe.is_some())))
}

/// Returns nothing.
#[delete("/items/{id}", hidden)]
pub async fn remove(id: Path<u64>) {
    println!("{}", *id);
}

/// Says of parameters what lints are to do, and is deprecated.
#[deprecated]
#[get("/old")]
pub async fn old(
    #[expect(unused_variables)] session: Depends<session>,
    #[allow(unused_mut, unused_variables)] mut slow: Depends<slow>,
) {
}

/// Borrows a dependency of its own module, and may have another.
#[get("/borrowed")]
pub async fn borrowed(greeting: &Depends<greeting>, slow: Option<Depends<slow>>) -> String {
    format!("{} {}", **greeting, slow.is_some())
}

/// A task that is nobody else's.
#[task]
async fn note(line: String, count: u32) {
    println!("{line} {count}");
}

/// Adds it.
#[get("/noted")]
async fn noted(tasks: &BackgroundTasks) {
    tasks.add(note { line: String::new(), count: 1 });
}

/// What is listed nowhere, and depended on by nobody: lints notice that.
#[allow(clippy::missing_docs_in_private_items)]
mod unlisted {
    use epilogue::prelude::*;

    #[expect(dead_code)]
    #[get("/unlisted")]
    async fn route() {}

    #[expect(dead_code)]
    #[dependency]
    fn dependency() {}

    #[expect(dead_code)]
    #[derive(Debug, Dependency)]
    struct Structure {
        q: Query<u8>,
    }

    #[expect(dead_code)]
    #[task]
    async fn task() {}
}

/// Is sync.
#[get("/", blocking)]
pub fn index() -> &'static str {
    "hello"
}

/// Is sync and returns nothing.
#[head("/nothing")]
pub fn nothing() {}

/// Takes the body unread.
#[put("/upload")]
pub async fn upload(request: Extract<Request>) -> impl IntoResponse {
    request.uri().to_string()
}

/// Has the socket.
#[websocket("/echo")]
pub async fn echo(mut socket: WebSocket, _hidden: Depends<hidden>) -> Result<(), HttpError> {
    while let Some(text) = socket.recv_text().await {
        socket.send_text(text?).await?;
    }
    Ok(())
}

/// The app.
pub fn app() -> App {
    App::new().routes(routes![create, remove, index, nothing, upload, echo, old, borrowed, noted])
}
