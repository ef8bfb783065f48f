//! The macros, documented where users see them.

/// Lists path functions for [`App::routes`](crate::App::routes) and [`Router::routes`](crate::Router::routes).
///
/// If two functions of one list answer the same method and path, it does not compile. The macro works whatever name
/// your crate gives to this one.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/items")]
/// async fn list() -> &'static str {
///     "[]"
/// }
///
/// #[post("/items", status = 201)]
/// async fn create() {}
///
/// let app = App::new().routes(routes![list, create]);
/// # let _ = app;
/// ```
#[macro_export]
macro_rules! routes {
    ($($route:tt)*) => { $crate::__private::listed_routes!([$crate] $($route)*) };
}

macro_rules! route_macro_docs {
    ($($name:ident $method:literal),* $(,)?) => {$(
        #[doc = concat!("A path function that answers ", $method, " requests.")]
        ///
        /// The first argument is the path template. `{name}` matches a segment, and `{*name}` all that follows. An
        /// empty template is the prefix of its [`Router`](crate::Router).
        ///
        /// The type of each function parameter says where its value comes from, see [`Param`](crate::Param). What the
        /// function returns turns into the reply. An `Err` ends the request and drops its tasks. The function itself
        /// stays as it was written, so a unit test can call it.
        ///
        /// Options follow the template:
        ///
        /// | option | does |
        /// | --- | --- |
        /// | `status = 201` | the reply's status, where the function sets none; one of 204, 205 and 304 is not for a function that returns a body |
        /// | `dependencies(a, b)` | runs dependencies for their effect alone, before the parameters |
        /// | `blocking` | runs a sync function on the blocking pool |
        /// | `concurrent` | resolves the parameters at the same time, each with what is below it in order; every dependency still runs once, and tasks keep the declared order |
        /// | `tags("a")`, `hidden` | for the documentation of the API |
        /// | `crate = path` | the path of this crate, where it has another name |
        ///
        /// ```
        /// use epilogue::prelude::*;
        ///
        #[doc = concat!("#[", stringify!($name), "(\"/items/{id}\", status = 202)]")]
        /// async fn item(id: Path<u64>, dry_run: Query<Option<bool>>) -> Result<String, HttpError> {
        ///     if *id == 0 {
        ///         return Err(HttpError::new(StatusCode::NOT_FOUND, "Item not found"));
        ///     }
        ///     Ok(format!("item {} {:?}", *id, *dry_run))
        /// }
        ///
        /// let app = App::new().routes(routes![item]);
        /// # let _ = app;
        /// ```
        pub use epilogue_macros::$name;
    )*};
}

route_macro_docs!(
    get "GET",
    post "POST",
    put "PUT",
    patch "PATCH",
    delete "DELETE",
    head "HEAD",
    options "OPTIONS",
    trace "TRACE",
);

/// A function that talks to a client over a WebSocket. FastAPI's [`@app.websocket`](https://fastapi.tiangolo.com/advanced/websockets/).
///
/// It takes a [`WebSocket`](crate::WebSocket) by value, and the parameters of any path function, see
/// [`Param`](crate::Param). These are taken, and the dependencies run, before the upgrade. If the request is invalid
/// or a dependency fails, the client gets an ordinary reply. Otherwise the reply is `101`, with the headers and
/// cookies that were set on the [`Reply`](crate::Reply), and the function runs.
///
/// When the function has returned or panicked,
///
/// - the exits of function scope run;
/// - the WebSocket is closed: with 1000, or with 1011 after an error or panic;
/// - the request's tasks run, then the exits of request scope.
///
/// A client that leaves is not a failure: the function notices it, and its tasks run.
///
/// If a request does not ask for a WebSocket, the [`get`](macro@get) of the same path answers it, if there is one.
/// Otherwise it gets `426` with `Upgrade: websocket` (RFC 9110, section 15.5.22), before any dependency runs.
///
/// Options follow the template. `dependencies(a, b)`, `concurrent`, `tags("a")` and `crate = path` are those of
/// [`get`](macro@get). `protocols("v2.chat", "chat")` names subprotocols: the first of them that the client offers is
/// the socket's [`protocol`](crate::WebSocket::protocol). [`App::body_limit`](crate::App::body_limit) limits the size
/// of a message.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn user(token: Query<String>) -> Result<String, HttpError> {
///     if *token == "secret" { Ok("ferris".into()) } else { Err(HttpError::new(StatusCode::UNAUTHORIZED, "wrong token")) }
/// }
///
/// async fn log(line: String) {
///     println!("{line}");
/// }
///
/// #[websocket("/greet/{room}")]
/// async fn greet(
///     mut socket: WebSocket,
///     room: Path<String>,
///     user: Depends<user>,
///     tasks: &BackgroundTasks,
/// ) -> Result<(), HttpError> {
///     while let Some(text) = socket.recv_text().await {
///         socket.send_text(format!("{} in {}: {}", *user, *room, text?)).await?;
///     }
///     tasks.add_task(log, (format!("{} has left", *user),));
///     Ok(())
/// }
///
/// let app = App::new().routes(routes![greet]);
/// # let _ = app;
/// ```
#[cfg(feature = "websocket")]
pub use epilogue_macros::websocket;

/// Makes a function a dependency: something that path functions and other dependencies ask for as
/// [`Depends<name>`](crate::Depends). FastAPI's [`Depends(name)`](https://fastapi.tiangolo.com/tutorial/dependencies/).
///
/// Its parameters are those of a path function, see [`Param`](crate::Param). It returns the output, or a `Result`. An
/// error ends the request and turns into the reply. The function runs at most once per request, however many others
/// ask for it.
///
/// | option | does |
/// | --- | --- |
/// | `scope = "function"`, `"request"`, `"app"` | how long the output lives: until the path function has returned, until the reply is sent and the tasks are done (the default), or from start to shutdown |
/// | `exit = function` | runs `async fn function(output: &T, outcome: &Outcome)` when the scope ends: the half after FastAPI's [`yield`](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/) |
/// | `blocking` | runs a sync function on the blocking pool |
/// | `concurrent` | resolves its parameters at the same time; what is below them runs in order |
/// | `crate = path` | the path of this crate, where it has another name |
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn token(authorization: Header<Option<String>>) -> Result<String, HttpError> {
///     let missing = || HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated");
///     authorization.into_inner().ok_or_else(missing)
/// }
///
/// #[dependency]
/// async fn user(token: Depends<token>) -> String {
///     format!("the user of {}", *token)
/// }
///
/// #[get("/me")]
/// async fn me(user: Depends<user>) -> String {
///     user.to_string()
/// }
///
/// // A unit test calls them with plain values.
/// assert_eq!(token(Header(Some("abc".into()))).unwrap(), "abc");
/// ```
///
/// A dependency may be generic. Each choice of the arguments is a separate dependency:
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn at_least<const N: u32>(level: Header<u32>) -> Result<(), HttpError> {
///     if *level >= N { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "level too low")) }
/// }
///
/// #[get("/admin", dependencies(at_least<3>))]
/// async fn admin() -> &'static str {
///     "welcome"
/// }
/// ```
pub use epilogue_macros::dependency;

/// Makes a dependency of a struct whose fields are parameters. FastAPI's [classes as
/// dependencies](https://fastapi.tiangolo.com/tutorial/dependencies/classes-as-dependencies/).
///
/// Where this crate has another name, `#[dependency(crate = path)]` beside it says which.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[derive(Dependency)]
/// struct Paging {
///     q: Query<Option<String>>,
///     #[param(default = 100, le = 1000)]
///     limit: Query<u32>,
/// }
///
/// #[get("/items")]
/// async fn items(paging: Depends<Paging>) -> String {
///     format!("{:?} {}", *paging.q, *paging.limit)
/// }
/// ```
///
/// It may be generic without bounds: what its fields require of a type is checked where that type is named.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[derive(Dependency)]
/// struct Filter<T> {
///     by: Query<T>,
/// }
///
/// #[get("/items")]
/// async fn items(filter: Depends<Filter<u32>>) -> String {
///     format!("{}", *filter.by + 1)
/// }
/// # use epilogue::testing::TestClient;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let client = TestClient::new(App::new().routes(routes![items]));
/// assert_eq!(client.get("/items?by=2").send().await.text(), "3");
/// # });
/// ```
pub use epilogue_macros::Dependency;

/// Makes a function a task with named arguments: a struct of the same name, which is serde data.
///
/// The function stays as it is written: an `async fn`, or a `fn`, which runs on the blocking pool. It returns `()`,
/// or `Result<(), E>` where `E` implements `Display`. Its arguments are `Clone + Serialize + DeserializeOwned`. Where
/// a task is added, the methods of [`AddedTask`](crate::AddedTask) override the options:
///
/// | option | does |
/// | --- | --- |
/// | `retries = 3` | tries again up to so many times when it returns `Err`, with growing waits between: see [`Backoff`](crate::Backoff) |
/// | `retry_on_panic` | tries again after a panic, too |
/// | `timeout = "30s"` | ends an attempt that takes longer, and does not try again; the unit is `ms`, `s`, `m` or `h` |
/// | `always` | runs the task even if the request fails |
/// | `crate = path` | the path of this crate, where it has another name |
///
/// ```
/// use epilogue::prelude::*;
///
/// #[task(retries = 3, timeout = "30s")]
/// async fn write_notification(email: String, message: String) -> std::io::Result<()> {
///     println!("to {email}: {message}");
///     Ok(())
/// }
///
/// #[post("/send/{email}")]
/// async fn send(email: Path<String>, tasks: &BackgroundTasks) -> &'static str {
///     tasks.add(write_notification { email: email.into_inner(), message: "hello".into() });
///     "sent"
/// }
/// ```
///
/// A parameter `Depends<D>` of an app-scoped dependency is not an argument: the task gets it when it runs.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Mailer;
/// impl Mailer {
///     async fn send(&self, to: &str) {
///         println!("mail to {to}");
///     }
/// }
///
/// #[dependency(scope = "app")]
/// async fn mailer() -> Mailer {
///     Mailer
/// }
///
/// #[task]
/// async fn welcome(email: String, mailer: Depends<mailer>) {
///     mailer.send(&email).await;
/// }
///
/// #[post("/users/{email}")]
/// async fn register(email: Path<String>, tasks: &BackgroundTasks) -> &'static str {
///     tasks.add(welcome { email: email.into_inner() });
///     "welcome"
/// }
///
/// // No route takes the mailer, so it is named here.
/// let app = App::new().routes(routes![register]).build_at_start::<mailer>();
/// # let _ = app;
/// ```
pub use epilogue_macros::task;

/// Runs an async `main` on a multi-threaded Tokio runtime. If a function still runs on the blocking pool when `main`
/// has ended, it has one more second before the process ends.
///
/// Where this crate has another name, `#[web::main(crate = web)]` says which.
///
/// ```no_run
/// use epilogue::prelude::*;
///
/// #[epilogue::main]
/// async fn main() -> epilogue::Result<()> {
///     App::new().serve("127.0.0.1:8000").await
/// }
/// ```
pub use epilogue_macros::main;
