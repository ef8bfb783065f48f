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

#[derive(Debug, Deserialize)]
struct Paging {
    page: Option<String>,
    size: String,
}

/// A struct that flattens another one asks serde for a map, so what it reads cannot be asked for by name.
#[derive(Debug, Deserialize)]
struct Search {
    term: String,
    sort: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

impl Search {
    fn all() -> Self {
        Self { term: "all".into(), sort: None, paging: Paging { page: None, size: "9".into() } }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape {
    Circle { radius: String },
}

fn found(search: Option<&Search>) -> String {
    search.map_or("none".into(), |Search { term, sort, paging: Paging { page, size } }| {
        format!("{term} {sort:?} {page:?} {size}")
    })
}

#[get("/search/query")]
async fn search(search: Query<Option<Search>>, lang: Query<Option<String>>) -> String {
    format!("{} {:?}", found(search.as_ref()), *lang)
}

#[get("/search/headers")]
async fn search_headers(search: Header<Option<Search>>) -> String {
    found(search.as_ref())
}

#[get("/search/cookies")]
async fn search_cookies(search: Cookie<Option<Search>>) -> String {
    found(search.as_ref())
}

#[post("/search/form")]
async fn search_form(search: Form<Option<Search>>, lang: Form<String>) -> String {
    format!("{} {}", found(search.as_ref()), *lang)
}

#[get("/search/default")]
async fn search_default(
    #[param(default = Search::all())] search: Query<Search>,
    lang: Query<Option<String>>,
) -> String {
    format!("{} {:?}", found(Some(&search)), *lang)
}

#[get("/shape/query")]
async fn shape(shape: Query<Option<Shape>>) -> String {
    shape.as_ref().map_or("none", |Shape::Circle { radius }| radius).to_owned()
}

#[post("/shape/form")]
async fn shape_form(shape: Form<Option<Shape>>, lang: Form<String>) -> String {
    format!("{} {}", shape.is_some(), *lang)
}

#[tokio::test]
async fn what_flattens_another_struct_is_absent_if_none_of_it_is_sent() {
    let client = TestClient::new(App::new().routes(routes![
        search,
        search_headers,
        search_cookies,
        search_form,
        search_default
    ]));
    for (request, want) in [
        (client.get("/search/query"), "none None"),
        (client.get("/search/query?lang=de"), "none Some(\"de\")"),
        // What only has the parameter's own name is none of the struct.
        (client.get("/search/query?search=de"), "none None"),
        (client.get("/search/query?lang=de&term=a&size=1"), "a None None 1 Some(\"de\")"),
        (client.get("/search/headers"), "none"),
        (client.get("/search/headers").header("x-other", "1"), "none"),
        (client.get("/search/cookies").cookie("other", "1"), "none"),
        (client.post("/search/form").form(&[("lang", "de")]), "none de"),
        (client.post("/search/form").multipart(Multipart::new().text("lang", "de")), "none de"),
        (client.get("/search/default"), "all None None 9 None"),
        (client.get("/search/default?lang=de"), "all None None 9 Some(\"de\")"),
        (client.get("/search/default?term=a&size=1"), "a None None 1 None"),
    ] {
        assert_eq!(request.send().await.text(), want);
    }
    let [term, size] = ["term", "size"].map(|field| json!(["missing", ["query", field]]));
    for path in ["/search/query", "/search/default"] {
        // Any field that is sent makes it present: an optional one, and one of the flattened struct.
        for (sent, missing) in [
            ("sort=up", vec![&term, &size]),
            ("page=1", vec![&term, &size]),
            ("size=1", vec![&term]),
            ("term=a", vec![&size]),
        ] {
            let told = errors(client.get(&format!("{path}?lang=de&{sent}"))).await;
            assert_eq!(told.iter().collect::<Vec<_>>(), missing, "{path} {sent}");
        }
    }
    assert_eq!(
        errors(client.get("/search/headers").header("sort", "up")).await,
        [json!(["missing", ["header", "term"]]), json!(["missing", ["header", "size"]])]
    );
}

#[tokio::test]
async fn an_enum_with_a_tag_is_absent_without_the_tag() {
    let client = TestClient::new(App::new().routes(routes![shape, shape_form, drawn]));
    for (request, want) in [
        (client.get("/shape/query"), "none"),
        (client.get("/shape/query?lang=de"), "none"),
        (client.get("/shape/query?kind=circle&radius=1"), "1"),
        (client.post("/shape/form").form(&[("lang", "de")]), "false de"),
    ] {
        assert_eq!(request.send().await.text(), want);
    }
    assert_eq!(client.get("/drawn?lang=de").send().await.text(), "none");
    assert_eq!(client.get("/drawn?name=n&kind=circle&radius=1").send().await.text(), "n 1");
    assert_eq!(
        errors(client.get("/drawn?kind=circle&radius=1")).await,
        [json!(["missing", ["query", "name"]])]
    );
    assert_eq!(errors(client.get("/shape/query?kind=x")).await, [json!(["union_tag_invalid", ["query"]])]);
    assert_eq!(
        errors(client.get("/shape/query?kind=circle")).await,
        [json!(["missing", ["query", "circle", "radius"]])]
    );
}

/// One of its variants needs nothing.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Wanted {
    Item { id: String },
    Page { after: Option<String>, size: Option<String> },
}

/// Each of its variants needs something.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Found {
    Item { id: String },
    Text(String),
}

fn wanted(wanted: Option<&Wanted>) -> String {
    match wanted {
        None => "none".into(),
        Some(Wanted::Item { id }) => format!("item {id}"),
        Some(Wanted::Page { after, size }) => format!("page {after:?} {size:?}"),
    }
}

#[get("/wanted/query")]
async fn wanted_query(wanted: Query<Wanted>) -> String {
    self::wanted(Some(&wanted))
}

#[get("/wanted/header")]
async fn wanted_header(wanted: Header<Wanted>) -> String {
    self::wanted(Some(&wanted))
}

#[get("/wanted/cookie")]
async fn wanted_cookie(wanted: Cookie<Wanted>) -> String {
    self::wanted(Some(&wanted))
}

#[post("/wanted/form")]
async fn wanted_form(wanted: Form<Wanted>) -> String {
    self::wanted(Some(&wanted))
}

#[get("/wanted/optional")]
async fn wanted_optional(wanted: Query<Option<Wanted>>) -> String {
    self::wanted(wanted.as_ref())
}

#[get("/wanted/default")]
async fn wanted_default(#[param(default = Wanted::Item { id: "0".into() })] wanted: Query<Wanted>) -> String {
    self::wanted(Some(&wanted))
}

#[get("/found")]
async fn found_query(found: Query<Found>) -> String {
    match &*found {
        Found::Item { id } => format!("item {id}"),
        Found::Text(text) => format!("text {text}"),
    }
}

#[tokio::test]
async fn of_an_enum_without_a_tag_a_variant_that_needs_nothing_is_made_of_nothing() {
    let client = TestClient::new(App::new().routes(routes![
        wanted_query,
        wanted_header,
        wanted_cookie,
        wanted_form,
        wanted_optional,
        wanted_default,
        found_query
    ]));
    for (request, want) in [
        (client.get("/wanted/query"), "page None None"),
        (client.get("/wanted/query?other=1"), "page None None"),
        (client.get("/wanted/query?size=1"), "page None Some(\"1\")"),
        (client.get("/wanted/query?id=1"), "item 1"),
        (client.get("/wanted/header"), "page None None"),
        (client.get("/wanted/cookie"), "page None None"),
        (client.post("/wanted/form"), "page None None"),
        (client.post("/wanted/form").form(&[]), "page None None"),
        (client.post("/wanted/form").multipart(Multipart::new()), "page None None"),
        (client.get("/wanted/optional"), "none"),
        (client.get("/wanted/optional?size=1"), "page None Some(\"1\")"),
        (client.get("/wanted/default"), "item 0"),
        (client.get("/found?found=a"), "text a"),
    ] {
        assert_eq!(request.send().await.text(), want);
    }
    assert_eq!(errors(client.get("/found")).await, [json!(["missing", ["query", "found"]])]);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(default)]
    a: u32,
}

#[derive(Debug, Deserialize)]
struct Drawn {
    name: String,
    #[serde(flatten)]
    shape: Shape,
}

#[get("/drawn")]
async fn drawn(drawn: Query<Option<Drawn>>) -> String {
    drawn
        .as_ref()
        .map_or("none".into(), |Drawn { name, shape: Shape::Circle { radius } }| format!("{name} {radius}"))
}

#[get("/strict/query")]
async fn strict(strict: Query<Option<Strict>>) -> String {
    format!("{:?}", strict.as_ref().map(|strict| strict.a))
}

#[get("/strict/default")]
async fn strict_default(#[param(default = Strict { a: 9 })] strict: Query<Strict>) -> String {
    strict.a.to_string()
}

#[get("/strict/headers")]
async fn strict_headers(strict: Header<Option<Strict>>) -> String {
    format!("{:?}", strict.as_ref().map(|strict| strict.a))
}

#[post("/strict/form")]
async fn strict_form(strict: Form<Option<Strict>>) -> String {
    format!("{:?}", strict.as_ref().map(|strict| strict.a))
}

#[tokio::test]
async fn a_struct_that_denies_unknown_names_does_so_although_it_may_be_absent() {
    let client =
        TestClient::new(App::new().routes(routes![strict, strict_default, strict_headers, strict_form]));
    for (request, want) in [
        (client.get("/strict/query"), "None"),
        (client.get("/strict/query?a=1"), "Some(1)"),
        (client.get("/strict/default"), "9"),
        (client.get("/strict/default?a=1"), "1"),
        (client.get("/strict/headers").header("zz", "1"), "None"),
        (client.post("/strict/form").form(&[("a", "1")]), "Some(1)"),
    ] {
        assert_eq!(request.send().await.text(), want);
    }
    let extra = |place| json!(["extra_forbidden", [place, "zz"]]);
    assert_eq!(errors(client.get("/strict/query?zz=1")).await, [extra("query")]);
    assert_eq!(errors(client.get("/strict/query?a=1&zz=1")).await, [extra("query")]);
    assert_eq!(errors(client.get("/strict/default?zz=1")).await, [extra("query")]);
    assert_eq!(errors(client.post("/strict/form").form(&[("zz", "1")])).await, [extra("body")]);
}
