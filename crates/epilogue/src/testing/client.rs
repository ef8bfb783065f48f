use http::Method;

#[cfg(feature = "cookie")]
use super::Jar;
use super::TestRequest;
use crate::App;

/// Drives an app without a socket: FastAPI's [`TestClient`](https://fastapi.tiangolo.com/tutorial/testing/).
///
/// [`send`](TestRequest::send) returns when the request's tasks and exits are done, so a test can look at what they
/// did. [`reply_only`](TestRequest::reply_only) returns before. Cookies that replies set are sent along with later
/// requests. Requests go to the host `testserver`, unless they name another one.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::TestClient;
///
/// #[dependency]
/// fn user(x_user: Header<String>) -> String {
///     x_user.into_inner()
/// }
///
/// async fn greet(user: String) {
///     println!("hello {user}");
/// }
///
/// #[post("/greet")]
/// async fn greeting(user: Depends<user>, tasks: &BackgroundTasks) -> &'static str {
///     tasks.add_task(greet, (user.to_string(),));
///     "soon"
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let app = App::new().routes(routes![greeting]);
///
/// let client = TestClient::new(app.clone());
/// let response = client.post("/greet").header("x-user", "ferris").send().await;
/// assert_eq!(response.status(), StatusCode::OK);
/// assert_eq!(response.text(), "soon");
/// assert_eq!(response.tasks().len(), 1);
/// assert!(response.failed_tasks().is_empty());
///
/// // Dependencies are overridden on the app that the client is made of.
/// let client = TestClient::new(app.override_dependency::<user>(|| "crab".into()));
/// assert_eq!(client.post("/greet").send().await.status(), StatusCode::OK);
/// # });
/// ```
#[derive(Debug)]
pub struct TestClient {
    pub(super) app: App,
    #[cfg(feature = "cookie")]
    pub(super) jar: Jar,
}

impl TestClient {
    /// A client of this app. The app starts with the first request.
    pub fn new(app: App) -> Self {
        Self {
            app,
            #[cfg(feature = "cookie")]
            jar: Jar::default(),
        }
    }

    /// A GET request to a path, which may have a query.
    ///
    /// # Panics
    ///
    /// When the path is not valid in HTTP, here and for the other methods.
    #[track_caller]
    pub fn get(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::GET, path)
    }

    /// A POST request.
    #[track_caller]
    pub fn post(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::POST, path)
    }

    /// A PUT request.
    #[track_caller]
    pub fn put(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::PUT, path)
    }

    /// A PATCH request.
    #[track_caller]
    pub fn patch(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::PATCH, path)
    }

    /// A DELETE request.
    #[track_caller]
    pub fn delete(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::DELETE, path)
    }

    /// A request of any method.
    #[track_caller]
    pub fn request(&self, method: Method, path: &str) -> TestRequest<'_> {
        TestRequest::new(self, method, path)
    }

    /// Ends the app as a server does at shutdown: its queued tasks run, then the exits of its app-scoped dependencies. No test client takes
    /// the app after that.
    ///
    /// # Errors
    ///
    /// See [`App::drain`].
    pub async fn stop(self) -> crate::Result<()> {
        self.app.drain().await
    }
}
