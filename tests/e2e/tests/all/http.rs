//! What the server answers: routing, methods, limits and protocols.

use std::num::NonZeroU8;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use epilogue::Body;
use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Clock, Served, hide_panics, request, settle};
use http_body_util::{BodyExt, Full};
use tower_http::limit::RequestBodyLimitLayer;

#[get("/items/{id}")]
async fn item(id: Path<String>) -> String {
    id.into_inner()
}

#[delete("/items/{id}")]
async fn remove(id: Path<u64>) -> String {
    format!("removed {}", *id)
}

#[get("/files/{*path}")]
async fn file(path: Path<String>) -> String {
    path.into_inner()
}

#[derive(serde::Deserialize)]
struct Place {
    user: String,
    item: u32,
}

#[get("/users/{user}/items/{item}")]
async fn placed(place: Path<Place>) -> String {
    format!("{} {}", place.user, place.item)
}

#[get("/pairs/{left}/{right}")]
async fn pair(both: Path<(u8, String)>) -> String {
    format!("{} {}", both.0.0, both.0.1)
}

#[post("/length")]
async fn length(body: Bytes) -> String {
    body.len().to_string()
}

#[get("/client")]
async fn client(client: ClientAddr) -> String {
    client.ip().to_string()
}

#[get("/panics")]
async fn panics() -> &'static str {
    panic!("on purpose")
}

#[get("/blocking", blocking)]
fn runs_blocking() -> &'static str {
    // This would panic on a thread of the runtime.
    tokio::runtime::Handle::current().block_on(async { "blocked" })
}

fn app() -> App {
    App::new().routes(routes![item, remove, file, placed, pair, length, client, panics, runs_blocking])
}

#[tokio::test]
async fn paths_are_matched_and_decoded() {
    let served = Served::new(app()).await;
    for (path, status, body) in [
        ("/items/7", 200, "7"),
        ("/items/a%20b%2Fc%C3%A9?x=1", 200, "a b/cé"),
        ("/files/a/b%20c/d.txt", 200, "a/b c/d.txt"),
        ("/users/ann/items/3", 200, "ann 3"),
        ("/pairs/1/two", 200, "1 two"),
        ("/items/", 404, r#"{"detail":"Not Found"}"#),
        ("/items/7/", 404, r#"{"detail":"Not Found"}"#),
        ("/files/", 404, r#"{"detail":"Not Found"}"#),
        ("/client", 200, "127.0.0.1"),
        ("/blocking", 200, "blocked"),
    ] {
        let response = served.get(path).await;
        assert_eq!((response.status().as_u16(), response.body().as_str()), (status, body), "{path}");
    }
    let rejected = served.get("/users/ann/items/x").await;
    assert_eq!(rejected.status(), 422);
    assert!(rejected.body().contains(r#""loc":["path","item"]"#), "{}", rejected.body());
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_parameter_that_is_not_used_is_looked_up_without_its_underscore() {
    #[get("/items/{id}")]
    async fn unused(_id: Path<u64>, _page: Query<u64>, _x_token: Header<u64>) -> &'static str {
        "all there"
    }

    let served = Served::new(App::new().routes(routes![unused])).await;
    let mut whole = request("GET", "/items/1?page=2");
    whole.headers_mut().insert("x-token", HeaderValue::from_static("3"));
    assert_eq!(served.send(whole).await.body(), "all there");
    let rejected = served.get("/items/1").await;
    assert!(rejected.body().contains(r#""loc":["query","page"]"#), "{}", rejected.body());
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_segment_may_have_the_underscore_too() {
    #[get("/items/{_id}/{id}")]
    async fn both(_id: Path<u64>, id: Path<u64>) -> String {
        format!("{} {}", *_id, *id)
    }

    let served = Served::new(App::new().routes(routes![both])).await;
    assert_eq!(served.get("/items/1/2").await.body(), "1 2");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_number_that_is_not_zero_has_limits() {
    #[get("/items")]
    async fn limited(#[param(ge = 1, le = 10)] limit: Query<NonZeroU8>) -> String {
        limit.to_string()
    }

    let served = Served::new(App::new().routes(routes![limited])).await;
    assert_eq!(served.get("/items?limit=10").await.body(), "10");
    for (limit, broken) in [("0", r#""type":"greater_than_equal""#), ("11", r#""type":"less_than_equal""#)] {
        let rejected = served.get(&format!("/items?limit={limit}")).await;
        assert!(rejected.body().contains(broken), "{}", rejected.body());
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn methods_that_a_path_has_not_are_told_of_those_that_it_has() {
    let served = Served::new(app()).await;
    let response = served.send(request("PUT", "/items/7")).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "DELETE, GET, HEAD");
    assert_eq!(response.body(), r#"{"detail":"Method Not Allowed"}"#);
    assert_eq!(served.send(request("DELETE", "/items/7")).await.body(), "removed 7");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn head_is_answered_from_get_without_its_body() {
    let served = Served::new(app()).await;
    let response = served.send(request("HEAD", "/items/seven")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-length"], "5");
    assert_eq!(response.body(), "");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused() {
    let served = Served::new(app().body_limit(1000)).await;
    for (length, status) in [(1000, 200), (1001, 413)] {
        let announced = Full::new(Bytes::from(vec![b'x'; length]));
        let post = http::Request::post("/length").header("host", "localhost").body(announced).unwrap();
        assert_eq!(served.send(post).await.status(), status, "{length} bytes");

        let mut raw = served.connect().await;
        let head = "POST /length HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        raw.write(format!("{head}{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length))).await;
        let reply = raw.read_to_end().await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{length} bytes in chunks: {reply}");
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_is_read_whole() {
    #[post("/echo")]
    async fn echo(body: String) -> String {
        body
    }

    let served = Served::new(App::new().routes(routes![echo])).await;
    let mut raw = served.connect().await;
    raw.write(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
    )
    .await;
    raw.write("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n").await;
    let reply = raw.read_to_end().await;
    assert!(reply.ends_with("\r\n\r\none two three"), "{reply}");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn the_limit_of_an_inner_router_counts() {
    let inner = Router::new("/inner").body_limit(10).routes(routes![length]);
    let outer = Router::new("/outer").body_limit(1000).routes(routes![length]).router(inner);
    let client = TestClient::new(App::new().router(outer).routes(routes![length]).body_limit(100));
    for (path, limit) in [("/length", 100), ("/outer/length", 1000), ("/outer/inner/length", 10)] {
        for (length, status) in [(limit, 200), (limit + 1, 413)] {
            let reply = client.post(path).body("x".repeat(length)).send().await;
            assert_eq!(reply.status(), status, "{path}, {length} bytes");
        }
    }
}

/// The rest of a body that nobody reads makes it impossible to tell where the next request begins.
#[tokio::test]
async fn a_client_whose_body_is_left_unread_is_told_that_its_connection_is_closed() {
    #[post("/unread")]
    async fn unread() {}

    #[post("/refused")]
    async fn refused() -> Result<(), HttpError> {
        Err(HttpError::new(StatusCode::CONFLICT, "no"))
    }

    #[post("/taken")]
    async fn taken(_body: Extract<Body>) {}

    let plain = App::new().body_limit(1000).routes(routes![length, unread, refused, taken]);
    let layered = plain.clone().layer(tower_http::catch_panic::CatchPanicLayer::new());
    for app in [plain, layered] {
        let served = Served::new(app).await;
        for path in ["/length", "/unread", "/refused", "/taken", "/none"] {
            let mut raw = served.connect().await;
            raw.write(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n"))
                .await;
            let reply = raw.read_to_end().await;
            assert!(reply.contains("connection: close\r\n"), "{path}: {reply}");
        }

        // What has come with the head is skipped.
        let mut client = served.http1().await;
        for path in ["/unread", "/refused", "/taken", "/length"] {
            client.ready().await.unwrap();
            let post =
                http::Request::post(path).header("host", "localhost").body(Full::from("hello")).unwrap();
            let reply = client.send_request(post).await.unwrap();
            assert!(!reply.headers().contains_key("connection"), "{path}");
            reply.into_body().collect().await.unwrap();
        }
        served.stop().await.unwrap();
    }
}

/// A close while something has come that nobody has read is a reset, which may overtake the reply.
#[tokio::test]
async fn a_client_gets_the_reply_to_a_body_that_is_not_read_although_it_goes_on_sending() {
    let clock = Clock::stopped();
    let served = Served::new(app().body_limit(1000)).await;
    for path in ["/length", "/none"] {
        let mut raw = served.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30000000\r\n\r\n");
        raw.write([head.into_bytes(), vec![b'x'; 30_000_000]].concat()).await;
        let reply = raw.read_to_end().await;
        assert!(
            reply.starts_with("HTTP/1.1 4") && reply.contains("connection: close\r\n"),
            "{path}: {reply}"
        );
    }
    // The body may come later than the head, and then later than the reply.
    for path in ["/length", "/none"] {
        let mut raw = served.connect().await;
        raw.write(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30000000\r\n\r\n"))
            .await;
        let reply = raw.read_to_end().await;
        assert!(reply.starts_with("HTTP/1.1 4"), "{path}: {reply}");
        raw.write(vec![b'x'; 30_000_000]).await;
    }
    // One that neither reads nor goes is not waited for any longer than that.
    let mut raw = served.connect().await;
    raw.write(
        [
            &b"POST /none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30000000\r\n\r\n"[..],
            &[b'x'; 500_000],
        ]
        .concat(),
    )
    .await;
    settle().await;
    clock.passes_until(served.stop()).await.unwrap();
    drop(raw);
}

/// A layer may reply by itself, to a body of which it reads nothing.
#[tokio::test]
async fn a_layer_may_leave_the_body_unread_too() {
    async fn refuses(request: Request, next: Next) -> Response {
        match request.uri().path() {
            "/unauthorized" => StatusCode::UNAUTHORIZED.into_response(),
            "/panics" => panic!("on purpose, in a layer"),
            "/read" => {
                request.into_body().collect().await.unwrap();
                "read".into_response()
            }
            _ => next.run(request).await,
        }
    }

    hide_panics(&["on purpose, in a layer"]);
    let _clock = Clock::stopped();
    let app = app().layer(RequestBodyLimitLayer::new(1000)).layer(from_fn(refuses));
    let served = Served::new(app).await;
    let unread = [("/length", "413 "), ("/unauthorized", "401 "), ("/panics", "500 ")];
    let head = |path| format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30000000\r\n\r\n");
    for (path, status) in unread {
        let mut raw = served.connect().await;
        raw.write(head(path)).await;
        let reply = raw.read_to_end().await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {reply}");
        assert!(reply.contains("connection: close\r\n"), "{path}: {reply}");
        // What is sent after the reply does not reset the connection.
        raw.write(vec![b'x'; 30_000_000]).await;
    }

    // What has come with the head is skipped, and a body that was read leaves nothing.
    let mut client = served.http1().await;
    for (path, status) in [("/unauthorized", 401), ("/panics", 500), ("/read", 200), ("/length", 200)] {
        client.ready().await.unwrap();
        let post = http::Request::post(path).header("host", "localhost").body(Full::from("hello")).unwrap();
        let reply = client.send_request(post).await.unwrap();
        assert_eq!(reply.status(), status, "{path}");
        assert!(!reply.headers().contains_key("connection"), "{path}");
        reply.into_body().collect().await.unwrap();
    }
    drop(client);

    // On HTTP/2 only the stream ends.
    let mut client = served.http2().await;
    for (path, status) in [("/unauthorized", 401), ("/read", 200)] {
        let uri = format!("http://localhost{path}");
        let post = http::Request::post(uri).body(Full::from("hello")).unwrap();
        assert_eq!(client.send_request(post).await.unwrap().status(), status, "{path}");
    }
    drop(client);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives() {
    let served = Served::new(app()).await;
    let response = served.get("/panics").await;
    assert_eq!((response.status().as_u16(), response.body().as_str()), (500, "Internal Server Error"));
    assert_eq!(served.get("/items/1").await.body(), "1");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn http2_is_served_with_prior_knowledge() {
    let served = Served::new(app()).await;
    let mut client = served.http2().await;
    let mut request = request("GET", "/items/1");
    *request.uri_mut() = "http://localhost/items/two".parse().unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.version(), http::Version::HTTP_2);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "two");
    drop(client);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn the_app_replies_to_errors_in_its_own_way() {
    let app = app()
        .on_error(|error: &HttpError, parts| (error.status(), format!("{} {error}", parts.uri)))
        .on_error(|rejection: &Rejection, _| {
            (StatusCode::BAD_REQUEST, format!("{} errors", rejection.errors().len()))
        })
        .on_error(|panic: &epilogue::Panicked, _| {
            (StatusCode::INTERNAL_SERVER_ERROR, panic.message().to_owned())
        });
    let served = Served::new(app).await;
    for (method, path, status, body) in [
        ("GET", "/nowhere", 404, "/nowhere 404 Not Found: Not Found"),
        ("PUT", "/items/1", 405, "/items/1 405 Method Not Allowed: Method Not Allowed"),
        ("DELETE", "/items/x", 400, "1 errors"),
        ("GET", "/panics", 500, "on purpose"),
    ] {
        let response = served.send(request(method, path)).await;
        assert_eq!((response.status().as_u16(), response.body().as_str()), (status, body), "{method} {path}");
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn an_error_of_main_is_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let told = |served: epilogue::Result| format!("{:?}", served.unwrap_err());
    let text = told(app().serve(address).await);
    let expected = format!("the server could not bind {address}: Address already in use");
    assert!(text.starts_with(&expected), "{text}");
    let text = told(app().serve("127.0.0.1:none").await);
    assert!(text.starts_with("the server could not bind \"127.0.0.1:none\": "), "{text}");
}

/// A reply has one content type, however it was made.
#[tokio::test]
async fn a_content_type_that_is_set_takes_the_place_of_the_replys() {
    const PROBLEM: http::HeaderValue = http::HeaderValue::from_static("application/problem+json");

    #[get("/json")]
    async fn json(reply: &Reply) -> Json<u8> {
        reply.set_header(header::CONTENT_TYPE, PROBLEM);
        Json(1)
    }

    #[get("/text")]
    async fn text(reply: &Reply) -> (StatusCode, &'static str) {
        reply.append_header(header::CONTENT_TYPE, PROBLEM);
        (StatusCode::OK, "1")
    }

    let served = Served::new(App::new().routes(routes![json, text])).await;
    for path in ["/json", "/text"] {
        let reply = served.get(path).await;
        assert_eq!(Vec::from_iter(reply.headers().get_all("content-type")), [PROBLEM], "{path}");
        assert_eq!(reply.body(), "1");
    }
    served.stop().await.unwrap();
}
