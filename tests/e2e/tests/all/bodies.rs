//! Bodies: how they are declared, where their parts stand, and the limits of their fields.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use epilogue::OpenApi;
use epilogue::prelude::*;
use epilogue::testing::{Multipart, TestClient};
use epilogue_e2e::{Served, errors};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Item {
    name: String,
    #[serde(rename = "unit-price")]
    price: f64,
    #[serde(default)]
    tags: Vec<String>,
}

#[post("/limited")]
async fn limited(
    #[param(fields(
        name(min_length = 2, max_length = 5, pattern = "^[a-z]+$"),
        price(alias = "unit-price", gt = 0),
        tags(max_length = 2),
    ))]
    item: Json<Item>,
) -> Json<Item> {
    item
}

#[get("/limited")]
async fn limited_query(#[param(fields(limit(le = 10)))] page: Query<Page>) -> Json<Page> {
    Json(page.into_inner())
}

#[post("/limited-form")]
async fn limited_form(#[param(fields(limit(le = 10)))] page: Form<Page>) -> Json<Page> {
    Json(page.into_inner())
}

#[post("/limited-optional")]
async fn limited_optional(
    #[param(fields(name(min_length = 2), tags(max_length = 2)))] item: Json<Option<Item>>,
) -> Json<Option<Item>> {
    item
}

#[derive(Serialize, Deserialize)]
struct Page {
    limit: u32,
    q: Option<String>,
}

#[dependency]
fn named(item: Json<Item>) -> String {
    item.name.clone()
}

#[post("/one")]
async fn one(name: Depends<named>) -> String {
    name.to_string()
}

#[post("/embedded")]
async fn embedded(#[param(embed)] item: Json<Item>, name: Depends<named>) -> String {
    format!("{} {}", item.name, *name)
}

#[post("/two")]
async fn two(item: Json<Item>, note: Json<Option<String>>) -> String {
    format!("{} {:?}", item.name, *note)
}

#[dependency]
fn greeting() -> String {
    "hi".into()
}

#[dependency]
fn greeting_sent(greeting: Json<String>) -> String {
    greeting.into_inner()
}

#[dependency]
fn greeting_sent_beside(#[param(embed)] greeting: Json<String>) -> String {
    greeting.into_inner()
}

#[post("/beside")]
async fn beside(#[param(alias = "order")] item: Json<Item>, name: Depends<named>) -> String {
    format!("{} {}", item.name, *name)
}

#[post("/greeted")]
async fn greeted(text: Json<String>, greeting: Depends<greeting>) -> String {
    format!("{} {}", *greeting, *text)
}

#[post("/greeting")]
async fn greeting_alone(greeting: Depends<greeting>) -> String {
    greeting.to_string()
}

#[post("/login")]
async fn login(name: Form<String>, word: Form<Option<String>>) -> String {
    format!("{} {:?}", *name, *word)
}

#[post("/bytes")]
async fn contents(file: File<Bytes>, more: File<Vec<Bytes>>, none: File<Option<Bytes>>) -> String {
    let lengths: Vec<_> = more.iter().map(Bytes::len).collect();
    format!("{} {lengths:?} {:?}", file.len(), *none)
}

#[post("/optional")]
async fn optional(item: Json<Option<Item>>) -> Json<Option<Item>> {
    item
}

#[post("/fallback")]
async fn fallback(#[param(default = 5)] n: Json<i64>) -> String {
    n.to_string()
}

#[post("/fallbacks")]
async fn fallbacks(#[param(default = 5)] n: Json<i64>, item: Json<Option<Item>>) -> String {
    format!("{} {}", *n, item.is_some())
}

#[post("/number")]
async fn number(n: Json<i64>) -> String {
    n.to_string()
}

#[post("/text")]
async fn text(text: Json<String>) -> String {
    text.into_inner()
}

#[post("/list")]
async fn list(list: Json<Vec<i64>>) -> String {
    format!("{list:?}")
}

#[post("/watched")]
async fn watched(_journal: Depends<witness>, name: Depends<named>) -> String {
    name.to_string()
}

#[dependency]
fn witness(runs: State<Runs>) {
    runs.0.fetch_add(1, Ordering::Relaxed);
}

#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

fn client() -> TestClient {
    TestClient::new(App::new().routes(routes![
        optional,
        fallback,
        fallbacks,
        number,
        text,
        list,
        limited,
        limited_query,
        limited_form,
        limited_optional,
        one,
        embedded,
        two,
        login,
        contents
    ]))
}

#[tokio::test]
async fn limits_of_fields_are_told_all_at_once() {
    let client = client();
    let reply = client.post("/limited").json(&json!({"name": "abc", "unit-price": "2.5"})).send().await;
    assert_eq!(reply.json::<Value>(), json!({"name": "abc", "unit-price": 2.5, "tags": []}));
    assert_eq!(
        errors(client.post("/limited").json(&json!({"name": "a", "unit-price": 0, "tags": ["a", "b", "c"]})))
            .await,
        [
            json!(["string_too_short", ["body", "name"]]),
            json!(["greater_than", ["body", "unit-price"]]),
            json!(["too_long", ["body", "tags"]]),
        ]
    );
    assert_eq!(
        errors(client.post("/limited").json(&json!({"name": "ABC"}))).await,
        [json!(["string_pattern_mismatch", ["body", "name"]]), json!(["missing", ["body", "unit-price"]])]
    );
    let reply = client.post("/limited").json(&json!({"name": "abc", "unit-price": 0})).send().await;
    let error = json!({
        "type": "greater_than",
        "loc": ["body", "unit-price"],
        "msg": "Input should be greater than 0",
        "input": 0,
        "ctx": {"gt": 0.0},
    });
    assert_eq!(reply.json::<Value>(), json!({ "detail": [error] }));

    assert_eq!(client.get("/limited?limit=10&q=x").send().await.status(), StatusCode::OK);
    assert_eq!(
        errors(client.get("/limited?limit=11")).await,
        [json!(["less_than_equal", ["query", "limit"]])]
    );
    assert_eq!(
        errors(client.post("/limited-form").form(&[("limit", "11")])).await,
        [json!(["less_than_equal", ["body", "limit"]])]
    );
    assert_eq!(client.post("/limited-optional").send().await.text(), "null");
    assert_eq!(
        errors(client.post("/limited-optional").json(&json!({"name": "a", "unit-price": 1}))).await,
        [json!(["string_too_short", ["body", "name"]])]
    );
}

#[tokio::test]
async fn a_single_model_is_the_whole_body() {
    let client = client();
    let good = r#"{"name": "n", "unit-price": 1}"#;
    for content_type in [
        "application/json",
        "APPLICATION/JSON; charset=utf-8",
        "application/vnd.api+json",
        "application/problem+json;x=y",
        "application/+json",
    ] {
        let reply = client.post("/one").header("content-type", content_type).body(good).send().await;
        assert_eq!(reply.text(), "n", "{content_type}");
    }
    let whole = |kind: &str| [json!([kind, ["body"]])];
    // A body that is declared as something else is a text.
    for content_type in
        ["text/plain", "text/json", "application/x-www-form-urlencoded", "image/svg+xml", "json"]
    {
        let request = client.post("/one").header("content-type", content_type).body(good);
        assert_eq!(errors(request).await, whole("model_attributes_type"), "{content_type}");
    }
    assert_eq!(errors(client.post("/one").body(good)).await, whole("model_attributes_type"));
    assert_eq!(errors(client.post("/one")).await, whole("missing"));
    for (body, kind) in [
        ("", "missing"),
        ("null", "missing"),
        ("[]", "model_attributes_type"),
        (r#"["n", 1]"#, "model_attributes_type"),
        ("3", "model_attributes_type"),
    ] {
        let request = client.post("/one").header("content-type", "application/json").body(body);
        assert_eq!(errors(request).await, whole(kind), "{body}");
    }
    let request = client.post("/one").header("content-type", "application/json").body(r#"{"name""#);
    assert_eq!(errors(request).await, [json!(["json_invalid", ["body", 7]])]);
}

#[put("/items/{id}")]
async fn replace(id: Path<u64>, item: Json<Item>, more: Json<Option<Item>>, day: Query<u8>) -> String {
    format!("{} {} {} {}", *id, item.name, more.is_some(), *day)
}

#[tokio::test]
async fn nothing_else_is_told_of_a_request_whose_body_is_not_json() {
    let client = TestClient::new(App::new().routes(routes![replace]));
    let put = |body| client.put("/items/x").header("content-type", "application/json").body(body);
    assert_eq!(errors(put(r#"{"item""#)).await, [json!(["json_invalid", ["body", 7]])]);
    let places = json!([["path", "id"], ["query", "day"], ["body", "item"]]);
    let told = errors(put("{}")).await;
    assert_eq!(told.iter().map(|error| error[1].clone()).collect::<Value>(), places);
}

/// `serde_json` alone would take a list as the fields of a struct.
#[tokio::test]
async fn a_list_is_no_struct_at_any_depth() {
    #[derive(Deserialize)]
    struct Point {
        x: i32,
    }
    #[derive(Deserialize)]
    enum Shape {
        Circle { radius: u32 },
        Line(Vec<Point>),
    }
    #[derive(Deserialize)]
    struct Drawing {
        origin: Option<Point>,
        shapes: Vec<Shape>,
    }
    #[post("/points")]
    async fn points(points: Json<Vec<Point>>) -> String {
        points.iter().map(|point| point.x).sum::<i32>().to_string()
    }
    #[post("/drawings")]
    async fn drawings(drawing: Json<Drawing>) -> String {
        let shapes = drawing.shapes.iter().map(|shape| match shape {
            Shape::Circle { radius } => radius.to_string(),
            Shape::Line(points) => points.len().to_string(),
        });
        let origin = drawing.origin.iter().map(|point| point.x.to_string());
        origin.chain(shapes).collect::<Vec<_>>().join(" ")
    }
    let client = TestClient::new(App::new().routes(routes![points, drawings]));
    let sent = |path: &str, body: &str| {
        client.post(path).header("content-type", "application/json").body(body.to_owned())
    };
    assert_eq!(sent("/points", r#"[{"x": 1}, {"x": 2}]"#).send().await.text(), "3");
    let good = r#"{"origin": {"x": 1}, "shapes": [{"Circle": {"radius": 2}}, {"Line": [{"x": 3}]}]}"#;
    assert_eq!(sent("/drawings", good).send().await.text(), "1 2 1");
    for (path, body) in [
        ("/points", "[[1]]"),
        ("/drawings", r#"{"origin": [1], "shapes": []}"#),
        ("/drawings", r#"{"shapes": [{"Circle": [2]}]}"#),
        ("/drawings", r#"{"shapes": [{"Line": [[3]]}]}"#),
    ] {
        assert_eq!(sent(path, body).send().await.status(), 422, "{body}");
    }
}

#[tokio::test]
async fn a_json_body_that_is_no_text_is_refused() {
    let client = client();
    for path in ["/one", "/limited"] {
        let request =
            client.post(path).header("content-type", "application/json").body(&b"{\"name\": \"\xff\"}"[..]);
        let reply = request.send().await;
        assert_eq!(
            (reply.status(), reply.text()),
            (StatusCode::BAD_REQUEST, r#"{"detail":"There was an error parsing the body"}"#.into())
        );
    }
}

#[tokio::test]
async fn a_json_body_that_is_no_text_lets_nothing_run() {
    let runs = Runs::default();
    let client = TestClient::new(App::new().state(runs.clone()).routes(routes![watched]));
    for (body, status) in [(&b"{\"x\": \"\xff\"}"[..], 400), (b"\xff", 400), (b"{", 422)] {
        let reply =
            client.post("/watched").header("content-type", "application/json").body(body).send().await;
        assert_eq!((reply.status().as_u16(), runs.0.load(Ordering::Relaxed)), (status, 0), "{body:?}");
    }
    // If there is nothing to run, a text that nobody reads is checked too.
    let client = self::client();
    let request = client
        .post("/limited")
        .header("content-type", "application/json")
        .body(&b"{\"name\": \"abc\", \"unit-price\": 1, \"more\": \"\xff\"}"[..]);
    assert_eq!(request.send().await.status(), StatusCode::BAD_REQUEST);
}

/// Whatever it is declared as.
#[tokio::test]
async fn a_body_that_is_taken_as_it_is_need_not_be_json() {
    #[post("/text")]
    async fn as_text(_witness: Depends<witness>, body: String) -> String {
        body
    }
    #[post("/bytes")]
    async fn as_bytes(_witness: Depends<witness>, body: Bytes) -> Bytes {
        body
    }

    let client = TestClient::new(App::new().state(Runs::default()).routes(routes![as_text, as_bytes]));
    for (path, body) in [("/text", &b"{"[..]), ("/bytes", b"\xff")] {
        for declared in ["application/json", "multipart/form-data; boundary=x"] {
            let reply = client.post(path).header("content-type", declared).body(body).send().await;
            assert_eq!(
                (reply.status(), reply.bytes()),
                (StatusCode::OK, &Bytes::from_static(body)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_may_be_missing() {
    let client = client();
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        let sent = |path, body: &'static str| {
            let request = client.post(path).body(body);
            match content_type {
                Some(content_type) => request.header("content-type", content_type),
                None => request,
            }
        };
        assert_eq!(sent("/optional", "").send().await.text(), "null", "{content_type:?}");
        assert_eq!(sent("/fallback", "").send().await.text(), "5", "{content_type:?}");
        assert_eq!(sent("/fallbacks", "").send().await.text(), "5 false", "{content_type:?}");
    }
    let json =
        |path, body: &'static str| client.post(path).header("content-type", "application/json").body(body);
    // A null counts as absent.
    assert_eq!(json("/optional", "null").send().await.text(), "null");
    assert_eq!(json("/fallback", "null").send().await.text(), "5");
    assert_eq!(json("/fallback", "\u{feff}null").send().await.text(), "5");
    assert_eq!(json("/fallback", "6").send().await.text(), "6");
    for body in ["null", "{}", r#"{"n": null}"#, r#"{"n": null, "item": null}"#] {
        assert_eq!(json("/fallbacks", body).send().await.text(), "5 false", "{body}");
    }
    let body = r#"{"n": 6, "item": {"name": "n", "unit-price": 1}}"#;
    assert_eq!(json("/fallbacks", body).send().await.text(), "6 true");
    assert_eq!(errors(json("/fallback", "[]")).await, [json!(["int_type", ["body"]])]);
    // A body without names lacks all of them.
    for body in ["[]", "3", "\"n\""] {
        assert_eq!(
            errors(json("/fallbacks", body)).await,
            [json!(["missing", ["body", "n"]]), json!(["missing", ["body", "item"]])]
        );
    }
    let text = client.post("/fallbacks").header("content-type", "text/plain").body("{}");
    assert_eq!(text.send().await.text(), "5 false");
}

#[tokio::test]
async fn a_body_that_is_declared_as_something_else_is_a_text() {
    let client = client();
    let sent = |path, body: &'static str| client.post(path).header("content-type", "text/plain").body(body);
    assert_eq!(sent("/number", "4").send().await.text(), "4");
    assert_eq!(sent("/text", "{}").send().await.text(), "{}");
    assert_eq!(errors(sent("/number", "x")).await, [json!(["int_parsing", ["body"]])]);
    assert_eq!(errors(sent("/list", "[1]")).await, [json!(["list_type", ["body"]])]);
    for path in ["/optional", "/one"] {
        assert_eq!(errors(sent(path, "{")).await, [json!(["model_attributes_type", ["body"]])], "{path}");
    }
    let xml = client.post("/list").header("content-type", "application/atom+xml").body("[1]");
    assert_eq!(errors(xml).await, [json!(["list_type", ["body"]])]);
}

#[tokio::test]
async fn several_bodies_stand_under_their_names_and_one_where_it_says_so() {
    let client = client();
    let item = json!({"name": "n", "unit-price": 1});
    let reply = client.post("/embedded").json(&json!({ "item": item })).send().await;
    assert_eq!(reply.text(), "n n");
    assert_eq!(errors(client.post("/embedded").json(&item)).await, [json!(["missing", ["body", "item"]])]);

    let reply = client.post("/two").json(&json!({"item": item, "note": "x"})).send().await;
    assert_eq!(reply.text(), "n Some(\"x\")");
    let missing = [json!(["missing", ["body", "item"]])];
    for body in ["", "null", r#"{"item": null}"#] {
        let request = client.post("/two").header("content-type", "application/json").body(body);
        assert_eq!(errors(request).await, missing, "{body}");
    }
    // A text has no names.
    let text = json!({ "item": item }).to_string();
    assert_eq!(errors(client.post("/two").header("content-type", "text/plain").body(text)).await, missing);
    assert_eq!(
        errors(client.post("/two").json(&json!({"item": ["n", 1]}))).await,
        [json!(["model_attributes_type", ["body", "item"]])]
    );
}

#[tokio::test]
async fn an_override_leaves_the_bodies_where_the_route_has_them() {
    let app = App::new().routes(routes![beside, greeted, greeting_alone]);
    let item = json!({"name": "n", "unit-price": 1});
    let both = json!({"order": item, "item": item});

    let client = TestClient::new(app.clone());
    assert_eq!(client.post("/beside").json(&both).send().await.text(), "n n");
    assert_eq!(client.post("/greeted").json(&"you").send().await.text(), "hi you");

    let one_less = app.clone().override_dependency::<named>(|| "stand-in".into());
    let schema = |app: &App, path: &str| {
        let document = OpenApi::new("Test", "1").document(app);
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    assert!(schema(&one_less, "/beside")["properties"]["order"].is_object());
    let client = TestClient::new(one_less);
    for body in [&both, &json!({ "order": item })] {
        assert_eq!(client.post("/beside").json(body).send().await.text(), "n stand-in");
    }
    assert_eq!(errors(client.post("/beside").json(&item)).await, [json!(["missing", ["body", "order"]])]);

    for one_more in [
        app.clone().override_dependency_with::<greeting, greeting_sent>(),
        app.override_dependency_with::<greeting, greeting_sent_beside>(),
    ] {
        assert_eq!(schema(&one_more, "/greeted")["type"], "string");
        let client = TestClient::new(one_more);
        assert_eq!(client.post("/greeted").json(&"you").send().await.text(), "you you");
    }
}

#[tokio::test]
async fn where_the_route_has_no_body_its_overrides_say_where_theirs_are() {
    let app = App::new().routes(routes![greeting_alone]);
    let client = TestClient::new(app.clone().override_dependency_with::<greeting, greeting_sent>());
    assert_eq!(client.post("/greeting").json(&"you").send().await.text(), "you");
    let client = TestClient::new(app.override_dependency_with::<greeting, greeting_sent_beside>());
    assert_eq!(client.post("/greeting").json(&json!({"greeting": "you"})).send().await.text(), "you");
}

#[tokio::test]
async fn a_form_is_what_is_declared_as_one() {
    let client = client();
    let reply = client.post("/login").form(&[("name", "a"), ("name", "b"), ("word", "")]).send().await;
    assert_eq!(reply.text(), "b None");
    let missing = [json!(["missing", ["body", "name"]])];
    for content_type in ["text/plain", "application/json"] {
        let request = client.post("/login").header("content-type", content_type).body("name=a");
        assert_eq!(errors(request).await, missing, "{content_type}");
    }
    assert_eq!(errors(client.post("/login").body("name=a")).await, missing);
    // The last one counts, even if it was left empty.
    assert_eq!(errors(client.post("/login").form(&[("name", "a"), ("name", "")])).await, missing);
    let form = Multipart::new().text("name", "a").text("name", "");
    assert_eq!(errors(client.post("/login").multipart(form)).await, missing);
}

#[tokio::test]
async fn files_as_bytes_however_large() {
    let client = client();
    let large = vec![7; 3 * 1024 * 1024];
    let form = Multipart::new()
        .file("file", "a", "text/plain", &large)
        .file("more", "b", "text/plain", "bb")
        .file("more", "c", "text/plain", "ccc");
    assert_eq!(client.post("/bytes").multipart(form).send().await.text(), "3145728 [2, 3] None");
    assert_eq!(
        errors(client.post("/bytes").multipart(Multipart::new())).await,
        [json!(["missing", ["body", "file"]])]
    );
    // A text counts as bytes too; one that was left empty counts as absent.
    let text = Multipart::new().text("file", "a text").text("none", "");
    assert_eq!(client.post("/bytes").multipart(text).send().await.text(), "6 [] None");
    let empty = Multipart::new().text("file", "");
    assert_eq!(errors(client.post("/bytes").multipart(empty)).await, [json!(["missing", ["body", "file"]])]);
}

/// As in FastAPI, text that is not UTF-8 is read as Latin-1.
#[tokio::test]
async fn a_form_in_another_encoding_is_read() {
    let client = TestClient::new(App::new().routes(routes![login]));
    for body in
        [&b"name=a&word=\xe9t\xe9"[..], b"word=%C3%A9t%C3%A9&name=a", b"name=a&word=\xc3\xa9t\xc3\xa9"]
    {
        let request = client.post("/login").header("content-type", "application/x-www-form-urlencoded");
        let reply = request.body(body.to_vec()).send().await;
        assert_eq!((reply.status(), &*reply.text()), (StatusCode::OK, "a Some(\"ét\u{e9}\")"));
    }
}

#[tokio::test]
async fn a_cookie_that_is_no_text_does_not_hide_the_others() {
    #[get("/cookies")]
    async fn cookies(session: Cookie<String>, last: Cookie<String>, bad: Cookie<Option<String>>) -> String {
        format!("{} {} {:?}", *session, *last, *bad)
    }

    let served = Served::new(App::new().routes(routes![cookies])).await;
    let mut client = served.connect().await;
    client.write(b"GET /cookies HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n").await;
    client.write(b"cookie: session=1; bad=\xff; last=2\r\n\r\n").await;
    let reply = client.read_to_end().await;
    assert!(reply.ends_with("\r\n\r\n1 2 None"), "{reply}");
    served.stop().await.unwrap();
}

/// As in FastAPI: a browser sends a number that was left empty as an empty text.
#[tokio::test]
async fn an_optional_number_that_was_left_empty_is_none() {
    #[derive(Debug, Deserialize)]
    struct Order {
        count: Option<i64>,
        note: Option<String>,
    }

    #[post("/order")]
    async fn order(order: Form<Order>) -> String {
        format!("{:?} {:?}", order.count, order.note)
    }

    let client = TestClient::new(App::new().routes(routes![order]));
    for (body, text) in
        [("count=&note=x", "None Some(\"x\")"), ("count=2&note=", "Some(2) None"), ("", "None None")]
    {
        let request = client.post("/order").header("content-type", "application/x-www-form-urlencoded");
        let reply = request.body(body).send().await;
        assert_eq!((reply.status(), &*reply.text()), (StatusCode::OK, text), "{body}");
    }
}

#[derive(Deserialize)]
struct Event {
    id: u32,
    data: Box<RawValue>,
}

#[post("/events")]
async fn event(event: Json<Event>) -> String {
    format!("{} {}", event.id, event.data)
}

#[post("/limited-events")]
async fn limited_event(#[param(fields(id(ge = 1)))] event: Json<Event>) -> String {
    format!("{} {}", event.id, event.data)
}

#[tokio::test]
async fn a_raw_value_is_the_text_as_it_was_sent() {
    let client = TestClient::new(App::new().routes(routes![event, limited_event]));
    let post = async |path, body: &'static str| {
        client.post(path).header("content-type", "application/json").body(body).send().await
    };
    for path in ["/events", "/limited-events"] {
        let sent = post(path, r#"{"id": 1, "data": {"a": [1, 2.50]}}"#).await;
        assert_eq!(sent.text(), r#"1 {"a": [1, 2.50]}"#, "{path}");
        // Where something has to be converted, it is the same JSON.
        assert_eq!(post(path, r#"{"id": "1", "data": {"a": [1]}}"#).await.text(), r#"1 {"a":[1]}"#);
        let rows: [(_, &[Value]); 2] = [
            (r#"{"id": "x", "data": null}"#, &[json!(["body", "id"])]),
            (r#"{"id": "x"}"#, &[json!(["body", "id"]), json!(["body", "data"])]),
        ];
        for (body, locs) in rows {
            let told: Value = post(path, body).await.json();
            let told: Vec<_> = told["detail"].as_array().unwrap().iter().map(|error| &error["loc"]).collect();
            assert_eq!(told, locs.iter().collect::<Vec<_>>(), "{body}");
        }
    }
}

/// A number that takes whatever is sent, as decimals do.
struct Price(f64);

impl epilogue::Number for Price {}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let price = match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_f64(),
        };
        price.map(Self).ok_or_else(|| serde::de::Error::custom("not a price"))
    }
}

#[derive(Deserialize)]
struct Offer {
    price: Price,
    grade: char,
}

#[post("/offers")]
async fn offer(
    #[param(gt = 0)] least: Query<Price>,
    #[param(fields(price(gt = 0), grade(pattern = "^[a-f]$")))] offer: Json<Offer>,
) -> String {
    format!("{} {} {}", least.0.0, offer.price.0, offer.grade)
}

#[tokio::test]
async fn a_limit_holds_whatever_the_type_asks_serde_for() {
    let client = TestClient::new(App::new().routes(routes![offer]));
    let post = |least: &str, body: Value| client.post(&format!("/offers?least={least}")).json(&body);
    let good = post("0.5", json!({"price": "1.5", "grade": "a"})).send().await;
    assert_eq!(good.text(), "0.5 1.5 a");
    let told = errors(post("0", json!({"price": -1, "grade": "z"}))).await;
    let want = json!([
        ["greater_than", ["query", "least"]],
        ["greater_than", ["body", "price"]],
        ["string_pattern_mismatch", ["body", "grade"]],
    ]);
    assert_eq!(Value::from_iter(told), want);
}

#[post("/echo/{id}")]
async fn echo(
    id: Path<u64>,
    tag: Query<Vec<String>>,
    x_part: Header<Option<f64>>,
    session: &Cookie<String>,
    item: Json<Value>,
) -> Json<Value> {
    let text = format!("{id:03} of {session}");
    Json(json!({ "id": id, "tag": tag, "part": x_part, "session": session, "item": item, "text": text }))
}

#[tokio::test]
async fn parameters_are_written_as_their_values() {
    let client = TestClient::new(App::new().routes(routes![echo]));
    let request = client.post("/echo/7").query("tag", "a").query("tag", "b").cookie("session", "s1");
    let reply: Value = request.json(&json!({ "n": 1 })).send().await.json();
    let expected = json!({
        "id": 7, "tag": ["a", "b"], "part": null, "session": "s1", "item": { "n": 1 }, "text": "007 of s1",
    });
    assert_eq!(reply, expected);
}
