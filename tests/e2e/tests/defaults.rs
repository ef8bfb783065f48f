//! Defaults: they count where nothing of the parameter is given, and else what is given does, with its errors.

use std::collections::BTreeMap;

use epilogue::prelude::*;
use epilogue::testing::{Multipart, TestClient};
use epilogue_e2e::errors;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
struct Filter {
    size: u32,
    #[serde(default)]
    tags: Vec<String>,
}

impl Filter {
    fn small() -> Self {
        Self { size: 1, tags: vec!["default".into()] }
    }
}

fn shown(filter: &Filter) -> String {
    format!("{} {:?}", filter.size, filter.tags)
}

#[get("/query")]
async fn in_query(#[param(default = Filter::small())] filter: Query<Filter>) -> String {
    shown(&filter)
}

#[get("/optional")]
async fn optional(#[param(default = Some(Filter::small()))] filter: Query<Option<Filter>>) -> String {
    filter.as_ref().map_or_else(String::new, shown)
}

#[get("/headers")]
async fn in_headers(#[param(default = Filter::small())] filter: Header<Filter>) -> String {
    shown(&filter)
}

#[get("/cookies")]
async fn in_cookies(#[param(default = Filter::small())] filter: Cookie<Filter>) -> String {
    shown(&filter)
}

#[post("/form")]
async fn in_form(#[param(default = Filter::small())] filter: Form<Filter>) -> String {
    shown(&filter)
}

#[get("/map")]
async fn map(
    #[param(default = BTreeMap::from([("default".into(), 1)]))] all: Query<BTreeMap<String, u32>>,
) -> String {
    format!("{all:?}")
}

#[get("/values")]
async fn values(
    #[param(default = 1)] one: Query<u32>,
    #[param(default = vec![1])] many: Query<Vec<u32>>,
    #[param(default = Some(1))] some: Query<Option<u32>>,
) -> String {
    format!("{one:?} {many:?} {some:?}")
}

#[post("/fields")]
async fn fields(
    #[param(default = 1)] one: Form<u32>,
    #[param(default = vec![])] many: Form<Vec<String>>,
) -> String {
    format!("{one:?} {many:?}")
}

#[tokio::test]
async fn a_struct_is_read_where_any_of_it_is_given() {
    let routes = routes![in_query, optional, in_headers, in_cookies, in_form];
    let client = TestClient::new(App::new().routes(routes));
    let requests = |text: &str| {
        let parts = Multipart::new().text("size", text);
        [
            ("query", client.get(&format!("/query?size={text}"))),
            ("query", client.get(&format!("/optional?size={text}"))),
            ("header", client.get("/headers").header("size", text)),
            ("cookie", client.get("/cookies").cookie("size", text)),
            ("body", client.post("/form").form(&[("size", text)])),
            ("body", client.post("/form").multipart(parts)),
        ]
    };
    for (place, request) in requests("5") {
        assert_eq!(request.send().await.text(), "5 []", "{place}");
    }
    for (place, request) in requests("x") {
        assert_eq!(errors(request).await, [json!(["int_parsing", [place, "size"]])]);
    }
    for request in [
        client.get("/query"),
        // What only has the parameter's own name is none of the struct.
        client.get("/query?filter=5"),
        client.get("/optional?filter=5"),
        client.get("/headers"),
        client.get("/cookies"),
        client.post("/form").form(&[("other", "5")]),
        client.post("/form").multipart(Multipart::new().text("other", "5")),
    ] {
        assert_eq!(request.send().await.text(), r#"1 ["default"]"#);
    }
    assert_eq!(errors(client.get("/query?tags=a")).await, [json!(["missing", ["query", "size"]])]);
}

#[tokio::test]
async fn maps_values_and_lists_are_read_where_they_are_given() {
    let client = TestClient::new(App::new().routes(routes![map, values, fields]));
    assert_eq!(client.get("/map").send().await.text(), r#"Query({"default": 1})"#);
    assert_eq!(client.get("/map?a=2").send().await.text(), r#"Query({"a": 2})"#);
    assert_eq!(client.get("/values").send().await.text(), "Query(1) Query([1]) Query(Some(1))");
    let given = client.get("/values?one=2&many=3&many=4&some=5").send().await;
    assert_eq!(given.text(), "Query(2) Query([3, 4]) Query(Some(5))");
    // A field that was left empty is none, but an item of a list.
    let form = client.post("/fields").form(&[("one", ""), ("many", "a"), ("many", "")]).send().await;
    assert_eq!(form.text(), r#"Form(1) Form(["a", ""])"#);
    let empty = errors(client.get("/values?one=&many=&some=")).await;
    assert_eq!(
        empty,
        [
            json!(["int_parsing", ["query", "one"]]),
            json!(["int_parsing", ["query", "many", 0]]),
            json!(["int_parsing", ["query", "some"]])
        ]
    );
}
