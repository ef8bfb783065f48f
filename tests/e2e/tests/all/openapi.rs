//! The documentation of the API: what it says of routes, parameters, bodies, replies and security, and where it is served.

use std::collections::HashMap;

use bytes::Bytes;
use epilogue::Routes;
use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::errors;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt;

fn document(routes: Routes) -> Value {
    OpenApi::new("Test", "1").document(&App::new().routes(routes))
}

/// Place, name and whether it is required, of all parameters of an operation.
fn parameters(operation: &Value) -> Vec<(&str, &str, bool)> {
    let all = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .map(|parameter| {
            let place = parameter["in"].as_str().unwrap();
            (place, parameter["name"].as_str().unwrap(), parameter["required"] == true)
        })
        .collect()
}

fn schema<'d>(operation: &'d Value, name: &str) -> &'d Value {
    let mut all = operation["parameters"].as_array().unwrap().iter();
    &all.find(|parameter| parameter["name"] == name).unwrap()["schema"]
}

/// The properties of a schema, and which of them are required, in the order of their names.
fn fields(schema: &Value) -> (Vec<&str>, Vec<&str>) {
    let properties = schema["properties"].as_object().unwrap().keys().map(String::as_str);
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    let (mut properties, mut required) = (properties.collect::<Vec<_>>(), required.collect::<Vec<_>>());
    properties.sort_unstable();
    required.sort_unstable();
    (properties, required)
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Item {
    name: String,
    /// In euros.
    price: f64,
    #[serde(default)]
    tags: Vec<String>,
}

mod parameters_of_a_route {
    use super::*;

    #[dependency]
    fn paging(
        q: Query<Option<String>>,
        #[param(default = 0)] skip: Query<u64>,
        #[param(default = 100, ge = 1, le = 500)] limit: Query<u32>,
    ) -> u64 {
        let _ = q;
        *skip + u64::from(*limit)
    }

    #[dependency]
    fn token(x_token: Header<String>, paging: Depends<paging>) -> u64 {
        *paging + x_token.len() as u64
    }

    #[get("/items/{id}", dependencies(token))]
    async fn with_dependencies(
        page: Depends<paging>,
        session: Cookie<Option<String>>,
        id: Path<i64>,
        #[param(alias = "tag", description = "Those that it must have.", min_length = 1)] tags: Query<
            Vec<String>,
        >,
    ) -> String {
        format!("{} {:?} {} {}", *page, *session, *id, tags.len())
    }

    #[test]
    fn come_from_its_dependencies_too_each_once() {
        let document = document(routes![with_dependencies]);
        let operation = &document["paths"]["/items/{id}"]["get"];
        assert_eq!(
            parameters(operation),
            [
                ("path", "id", true),
                ("query", "tag", true),
                ("query", "q", false),
                ("query", "skip", false),
                ("query", "limit", false),
                ("header", "x-token", true),
                ("cookie", "session", false),
            ]
        );
        assert_eq!(schema(operation, "id")["type"], "integer");
        assert_eq!(schema(operation, "q"), &json!({ "type": "string" }));
        let limit = schema(operation, "limit");
        assert_eq!(
            (&limit["default"], &limit["minimum"], &limit["maximum"]),
            (&json!(100), &json!(1), &json!(500))
        );
        let tags = schema(operation, "tag");
        assert_eq!((&tags["items"]["type"], &tags["minItems"]), (&json!("string"), &json!(1)));
        assert_eq!(operation["parameters"][1]["description"], "Those that it must have.");
        assert!(operation["responses"]["422"].is_object(), "{operation}");
    }

    #[dependency]
    fn optional_q(q: Query<Option<String>>) -> bool {
        q.is_some()
    }

    #[get("/search")]
    async fn required_after_optional(_has: Depends<optional_q>, q: Query<u32>) -> String {
        q.to_string()
    }

    #[get("/search/again")]
    async fn optional_after_required(q: Query<Option<String>>, _n: Depends<needs_q>) -> String {
        q.into_inner().unwrap_or_default()
    }

    #[dependency]
    fn needs_q(q: Query<u32>) -> u32 {
        *q
    }

    #[test]
    fn are_required_if_anything_requires_them() {
        let document = document(routes![required_after_optional, optional_after_required]);
        for path in ["/search", "/search/again"] {
            let operation = &document["paths"][path]["get"];
            assert_eq!(parameters(operation), [("query", "q", true)], "{path}");
            assert_eq!(schema(operation, "q")["type"], "integer", "{path}");
        }
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Page {
        /// How many come first.
        skip: u64,
        limit: Option<u32>,
        #[serde(default)]
        sort: Sort,
    }

    #[derive(Deserialize, JsonSchema, Default)]
    #[serde(rename_all = "lowercase")]
    enum Sort {
        #[default]
        Name,
        Price,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Sent {
        user_agent: String,
        accept: Option<String>,
    }

    #[get("/page")]
    async fn structs(_page: Query<Page>, _sent: Header<Sent>) {}

    #[get("/optional/page")]
    async fn optional_struct(_page: Query<Option<Page>>) {}

    #[get("/limited/page")]
    async fn limited_struct(#[param(fields(skip(le = 1000)))] _page: Query<Page>) {}

    #[test]
    fn are_the_fields_of_a_struct() {
        let document = document(routes![structs, optional_struct, limited_struct]);
        let operation = &document["paths"]["/page"]["get"];
        assert_eq!(
            parameters(operation),
            [
                ("query", "skip", true),
                ("query", "limit", false),
                ("query", "sort", false),
                ("header", "user-agent", true),
                ("header", "accept", false),
            ]
        );
        assert_eq!(operation["parameters"][0]["description"], "How many come first.");
        let optional = parameters(&document["paths"]["/optional/page"]["get"]);
        assert_eq!(optional, [("query", "skip", false), ("query", "limit", false), ("query", "sort", false)]);
        assert_eq!(schema(&document["paths"]["/limited/page"]["get"], "skip")["maximum"], 1000);
        assert_eq!(schema(operation, "skip").get("maximum"), None);
    }

    #[dependency]
    fn limit(limit: Query<u32>) -> u32 {
        *limit
    }

    #[get("/optional/dependency")]
    async fn optional_dependency(limit: Option<Depends<limit>>) -> String {
        format!("{limit:?}")
    }

    #[get("/both/dependency")]
    async fn needed_too(limit: Result<Depends<limit>, Rejection>, _needed: Depends<needs_limit>) -> String {
        format!("{limit:?}")
    }

    #[dependency]
    fn needs_limit(limit: Depends<limit>) -> u32 {
        *limit
    }

    #[test]
    fn may_be_missing_below_an_optional_dependency() {
        let document = document(routes![optional_dependency, needed_too]);
        let optional = &document["paths"]["/optional/dependency"]["get"];
        assert_eq!(parameters(optional), [("query", "limit", false)]);
        assert_eq!(optional["responses"].get("422"), None);
        assert_eq!(parameters(&document["paths"]["/both/dependency"]["get"]), [("query", "limit", true)]);
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only documented")]
    struct Unknown {
        first: u32,
        second: Option<u32>,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Wrapper(#[allow(dead_code, reason = "only documented")] Page);

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Lists {
        /// The size.
        sort: Option<Sort>,
        tags: Vec<String>,
        names: Vec<String>,
    }

    #[get("/unknown/struct")]
    async fn unknown_struct(_unknown: Query<Unknown>, _optional: Header<Option<Unknown>>) {}

    #[get("/wrapped/struct")]
    async fn wrapped_struct(_page: Query<Wrapper>) {}

    #[get("/lists")]
    async fn lists(#[param(fields(names(min_length = 1)))] _lists: Query<Lists>) {}

    #[test]
    fn are_those_that_the_type_reads_whatever_it_is() {
        let document = document(routes![unknown_struct, wrapped_struct, lists]);
        let of = |path: &str| parameters(&document["paths"][path]["get"]);
        assert_eq!(
            of("/unknown/struct"),
            [
                ("query", "first", true),
                ("query", "second", false),
                ("header", "first", false),
                ("header", "second", false),
            ]
        );
        assert_eq!(
            of("/wrapped/struct"),
            [("query", "skip", true), ("query", "limit", false), ("query", "sort", false)]
        );
        assert_eq!(
            of("/lists"),
            [("query", "sort", false), ("query", "tags", false), ("query", "names", true)]
        );
        assert_eq!(document["paths"]["/lists"]["get"]["parameters"][0]["description"], "The size.");
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Outer {
        n: i32,
        #[serde(default)]
        limit: Option<u32>,
        #[serde(flatten)]
        inner: Inner,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Inner {
        a: String,
        b: String,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Empty {}

    #[derive(Deserialize, JsonSchema)]
    struct Counts(#[allow(dead_code, reason = "only documented")] Vec<u32>);

    impl epilogue::Number for Counts {}

    #[get("/flattened")]
    async fn flattened(#[param(fields(n(le = 10)))] _outer: Query<Outer>) {}

    #[get("/edges")]
    async fn edges(
        _empty: Query<Empty>,
        #[param(le = 1000, ge = 3)] _byte: Query<u8>,
        #[param(le = 10)] _counts: Query<Counts>,
        #[param(alias = "x_token")] _token: Header<Option<String>>,
    ) {
    }

    #[tokio::test]
    async fn are_limited_and_required_where_a_struct_is_flattened() {
        let app = App::new().routes(routes![flattened]);
        let document = OpenApi::new("Test", "1").document(&app);
        let operation = &document["paths"]["/flattened"]["get"];
        let mut named = parameters(operation);
        named.sort_unstable();
        assert_eq!(
            named,
            [("query", "a", true), ("query", "b", true), ("query", "limit", false), ("query", "n", true)]
        );
        assert_eq!(schema(operation, "n")["maximum"], 10);
        assert_eq!(schema(operation, "limit").get("default"), None);
        let client = TestClient::new(app);
        assert_eq!(client.get("/flattened?n=10&a=x&b=y").send().await.status(), 200);
        assert_eq!(
            errors(client.get("/flattened?n=11&a=x&b=y")).await,
            [json!(["less_than_equal", ["query", "n"]])]
        );
        assert_eq!(errors(client.get("/flattened")).await.len(), 3);
    }

    #[test]
    fn are_what_is_read_at_the_edges_too() {
        let document = document(routes![edges]);
        let operation = &document["paths"]["/edges"]["get"];
        assert_eq!(
            parameters(operation),
            [("query", "byte", true), ("query", "counts", false), ("header", "x_token", false)]
        );
        let byte = schema(operation, "byte");
        assert_eq!((&byte["minimum"], &byte["maximum"]), (&json!(3), &json!(255)));
        assert_eq!(schema(operation, "counts")["items"]["maximum"], 10);
    }

    #[get("/all/{a}/{b}")]
    async fn all(_all: Path<[u32; 2]>) {}

    #[test]
    fn are_the_items_of_an_array() {
        let document = document(routes![all]);
        let operation = &document["paths"]["/all/{a}/{b}"]["get"];
        assert_eq!(
            (&schema(operation, "a")["type"], &schema(operation, "b")["type"]),
            (&json!("integer"), &json!("integer"))
        );
    }

    type Pair = (u32, Sort);

    #[get("/pair/{count}/{sort}")]
    async fn pair(_pair: Path<Pair>) {}

    #[test]
    fn are_the_items_of_a_tuple_under_another_name() {
        let document = document(routes![pair]);
        let operation = &document["paths"]["/pair/{count}/{sort}"]["get"];
        assert_eq!(schema(operation, "count")["type"], "integer");
        assert_eq!(schema(operation, "sort"), &json!({ "$ref": "#/components/schemas/Sort" }));
    }

    #[derive(Deserialize)]
    struct Plain(#[allow(dead_code, reason = "only documented")] u32);

    #[get("/plain/{id}")]
    async fn without_schema(_id: Path<Plain>, _q: Query<Plain>, _h: Header<Option<Plain>>) {}

    #[test]
    fn may_be_of_a_type_without_a_schema() {
        let document = document(routes![without_schema]);
        let operation = &document["paths"]["/plain/{id}"]["get"];
        assert_eq!(
            parameters(operation),
            [("path", "id", true), ("query", "q", true), ("header", "h", false)]
        );
        assert_eq!(schema(operation, "q"), &json!({}));
    }

    #[get("/{*rest}")]
    async fn tuple(#[param(from_prefix)] at: Path<(u32, String)>) -> String {
        format!("{at:?}")
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Place {
        shop: u32,
        item: Sort,
    }

    #[get("/{item}")]
    async fn structured(#[param(from_prefix)] _at: Path<Place>) {}

    #[get("/unread")]
    async fn unread() {}

    #[test]
    fn are_all_segments_of_its_path() {
        let shops = Router::new("/shops/{shop}").routes(routes![tuple, structured, unread]);
        let app = App::new().router(shops);
        let document = OpenApi::new("Test", "1").document(&app);
        let of = |path: &str| &document["paths"][path]["get"];
        let tuple = of("/shops/{shop}/{rest}");
        assert_eq!(parameters(tuple), [("path", "shop", true), ("path", "rest", true)]);
        assert_eq!(
            (&schema(tuple, "shop")["type"], &schema(tuple, "rest")["type"]),
            (&json!("integer"), &json!("string"))
        );
        let structured = of("/shops/{shop}/{item}");
        assert_eq!(parameters(structured), [("path", "shop", true), ("path", "item", true)]);
        assert_eq!(schema(structured, "shop")["type"], "integer");
        assert_eq!(schema(of("/shops/{shop}/unread"), "shop"), &json!({ "type": "string" }));
    }

    #[derive(Serialize, Deserialize, Clone, Copy, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    /// In which order.
    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        /// The smallest first.
        Ascending,
        Descending,
        None,
    }

    #[get("/order")]
    async fn order(_order: Query<Order>, _or: Query<Option<Order>>) {}

    #[test]
    fn are_one_enum_even_if_its_variants_are_documented() {
        let document = document(routes![order]);
        let order = &document["components"]["schemas"]["Order"];
        let mut values: Vec<_> =
            order["enum"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
        values.sort_unstable();
        assert_eq!(values, ["ascending", "descending", "none"]);
        assert_eq!(order["description"], "In which order.\n\n- `ascending`: The smallest first.");
        assert_eq!((&order["type"], order.get("oneOf")), (&json!("string"), None));
    }

    const BEST: Size = Size::Large;

    #[get("/defaults")]
    async fn defaults(
        #[param(default = BEST)] size: Query<Size>,
        #[param(default = Some(5))] some: Query<Option<i8>>,
        #[param(default = None)] none: Query<Option<i8>>,
        #[param(default = "x".repeat(3))] text: Header<String>,
        #[param(default = vec![1, 2])] many: Query<Vec<u8>>,
        #[param(default = Plain(1))] plain: Query<Plain>,
    ) -> String {
        format!("{:?} {some:?} {none:?} {text:?} {many:?} {}", json!(*size), plain.0.0)
    }

    #[test]
    fn show_their_defaults() {
        let document = document(routes![defaults]);
        let operation = &document["paths"]["/defaults"]["get"];
        let shown = ["size", "some", "none", "text", "many", "plain"]
            .map(|name| schema(operation, name)["default"].clone());
        assert_eq!(shown, [json!("large"), json!(5), Value::Null, json!("xxx"), json!([1, 2]), Value::Null]);
        assert!(parameters(operation).iter().all(|(_, _, required)| !required));
    }
}

mod body_of_a_route {
    use super::*;

    fn body(document: &Value, path: &str, content_type: &str) -> (Value, bool) {
        let body = &document["paths"][path]["post"]["requestBody"];
        let content = body["content"].as_object().unwrap();
        assert_eq!(content.keys().collect::<Vec<_>>(), [content_type], "{path}");
        (content[content_type]["schema"].clone(), body["required"] == true)
    }

    #[post("/whole")]
    async fn whole(item: Json<Item>) -> Json<Item> {
        item
    }

    #[post("/embedded")]
    async fn embedded(#[param(embed)] item: Json<Item>) -> Json<Item> {
        item
    }

    #[dependency]
    fn importance(importance: Json<u8>) -> u8 {
        *importance
    }

    #[post("/several")]
    async fn several(
        item: Json<Item>,
        again: Depends<importance>,
        _note: Json<Option<String>>,
    ) -> Json<Item> {
        let _ = again;
        item
    }

    #[post("/optional")]
    async fn optional(item: Json<Option<Item>>) -> Json<Option<Item>> {
        item
    }

    #[post("/limited")]
    async fn limited(#[param(fields(name(min_length = 3), price(gt = 0)))] item: Json<Item>) -> Json<Item> {
        item
    }

    #[test]
    fn is_json() {
        let document = document(routes![whole, embedded, several, optional, limited]);
        let item = json!({ "$ref": "#/components/schemas/Item-Input" });
        let json = "application/json";
        assert_eq!(body(&document, "/whole", json), (item.clone(), true));
        let (embedded, is_required) = body(&document, "/embedded", json);
        assert_eq!((fields(&embedded), is_required), ((vec!["item"], vec!["item"]), true));
        assert_eq!(embedded["properties"]["item"], item);
        let (several, _) = body(&document, "/several", json);
        assert_eq!(fields(&several), (vec!["importance", "item", "note"], vec!["importance", "item"]));
        let (optional, is_required) = body(&document, "/optional", json);
        assert_eq!((optional, is_required), (json!({ "anyOf": [item, { "type": "null" }] }), false));
        let (limited, _) = body(&document, "/limited", json);
        let limits = (
            &limited["properties"]["name"]["minLength"],
            &limited["properties"]["price"]["exclusiveMinimum"],
        );
        assert_eq!(limits, (&json!(3), &json!(0)));
        assert_eq!(
            document["components"]["schemas"]["Item-Input"]["properties"]["name"].get("minLength"),
            None
        );
    }

    #[post("/form")]
    async fn form(name: Form<String>, #[param(default = 1)] count: Form<u32>) -> String {
        name.repeat(*count as usize)
    }

    #[post("/form/struct")]
    async fn form_struct(item: Form<Item>) -> String {
        item.name.clone()
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        name: String,
    }

    #[post("/form/strict")]
    async fn form_strict(strict: Form<Strict>) -> String {
        strict.name.clone()
    }

    #[post("/files")]
    async fn files(
        title: Form<String>,
        photo: File<UploadFile>,
        more: File<Vec<UploadFile>>,
        raw: File<Option<Bytes>>,
    ) -> String {
        format!("{} {} {} {}", *title, photo.len(), more.len(), raw.is_some())
    }

    #[post("/login")]
    async fn login(form: OAuth2PasswordForm) -> String {
        form.username
    }

    #[test]
    fn is_a_form() {
        let document = document(routes![form, form_struct, form_strict, files, login]);
        let form = "application/x-www-form-urlencoded";
        let (plain, is_required) = body(&document, "/form", form);
        assert_eq!((fields(&plain), is_required), ((vec!["count", "name"], vec!["name"]), true));
        assert_eq!(plain["properties"]["count"]["default"], 1);
        let (of_struct, _) = body(&document, "/form/struct", form);
        assert_eq!(fields(&of_struct), (vec!["name", "price", "tags"], vec!["name", "price"]));
        assert!(of_struct.get("additionalProperties").is_none());
        let (strict, _) = body(&document, "/form/strict", form);
        assert_eq!(strict["additionalProperties"], false);
        let (files, _) = body(&document, "/files", "multipart/form-data");
        assert_eq!(fields(&files), (vec!["more", "photo", "raw", "title"], vec!["photo", "title"]));
        assert_eq!(files["properties"]["photo"]["contentMediaType"], "application/octet-stream");
        assert_eq!(files["properties"]["more"]["type"], "array");
        let (login, is_required) = body(&document, "/login", form);
        assert_eq!((fields(&login).1, is_required), (vec!["password", "username"], true));
    }

    #[post("/bytes")]
    async fn raw_bytes(body: Bytes) -> String {
        body.len().to_string()
    }

    #[post("/text")]
    async fn raw_text(body: String) -> String {
        body
    }

    #[test]
    fn may_be_raw() {
        let document = document(routes![raw_bytes, raw_text]);
        body(&document, "/bytes", "application/octet-stream");
        body(&document, "/text", "text/plain");
        let invalid = |path: &str| document["paths"][path]["post"]["responses"].get("422").is_some();
        assert_eq!((invalid("/bytes"), invalid("/text")), (false, true));
    }

    #[post("/limited/optional")]
    async fn limited_optional(
        #[param(fields(name(min_length = 3)))] item: Json<Option<Item>>,
        #[param(min_length = 1)] counts: Json<Option<Vec<u32>>>,
    ) -> String {
        format!("{} {}", item.is_some(), counts.is_some())
    }

    #[test]
    fn is_limited_even_if_it_is_optional() {
        let (schema, is_required) =
            body(&document(routes![limited_optional]), "/limited/optional", "application/json");
        let [item, counts] = ["item", "counts"].map(|name| &schema["properties"][name]);
        assert_eq!(item["anyOf"][0]["properties"]["name"]["minLength"], 3);
        assert_eq!((&counts["minItems"], counts.get("minLength")), (&json!(1), None));
        assert!(!is_required);
    }

    #[derive(Deserialize, JsonSchema)]
    struct Word(String);

    impl epilogue::Text for Word {}

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Poem {
        /// As it is printed.
        first_line: Option<String>,
        title: Word,
        subtitle: Option<Word>,
        line_lengths: Vec<u16>,
        year: u16,
        pages: u8,
    }

    #[post("/limited/poem")]
    async fn limited_poem(
        #[param(fields(
            first_line(alias = "firstLine", max_length = 80),
            title(min_length = 1),
            subtitle(min_length = 2),
            line_lengths(alias = "lineLengths", min_length = 1, le = 99),
            year(ge = 1, lt = 3000),
            pages(le = 300),
        ))]
        poem: Json<Poem>,
    ) -> String {
        let Poem { first_line, title, subtitle, line_lengths, year, pages } = poem.into_inner();
        format!("{first_line:?} {} {} {line_lengths:?} {year} {pages}", title.0, subtitle.is_some())
    }

    #[post("/limited/form")]
    async fn limited_form(#[param(fields(name(min_length = 3)))] item: Form<Item>) -> String {
        item.name.clone()
    }

    #[test]
    fn is_a_component_although_it_is_limited() {
        let document = document(routes![limited_optional, limited_poem, limited_form]);
        let (schema, is_required) = body(&document, "/limited/poem", "application/json");
        let word = "#/components/schemas/Word";
        assert_eq!(
            schema,
            json!({
                "$ref": "#/components/schemas/Poem",
                "properties": {
                    "firstLine": { "maxLength": 80 },
                    "title": { "minLength": 1 },
                    "subtitle": { "anyOf": [{ "$ref": word, "minLength": 2 }, { "type": "null" }] },
                    "lineLengths": { "minItems": 1, "items": { "maximum": 99 } },
                    "year": { "minimum": 1, "exclusiveMaximum": 3000 },
                },
            })
        );
        assert!(is_required);
        let components = &document["components"]["schemas"];
        assert_eq!(components["Poem"]["properties"]["year"]["maximum"], 65535);
        let (schema, _) = body(&document, "/limited/optional", "application/json");
        let limited =
            json!({ "$ref": "#/components/schemas/Item", "properties": { "name": { "minLength": 3 } } });
        assert_eq!(schema["properties"]["item"]["anyOf"], json!([limited, { "type": "null" }]));
        assert!(components["Item"]["properties"]["name"].get("minLength").is_none());
        // A form is described field by field.
        let (schema, _) = body(&document, "/limited/form", "application/x-www-form-urlencoded");
        assert_eq!(schema["properties"]["name"], json!({ "type": "string", "minLength": 3 }));
    }

    #[post("/lists")]
    async fn lists(
        #[param(min_length = 1)] names: Form<Vec<String>>,
        any: Form<Vec<String>>,
        #[param(min_length = 1)] files: File<Vec<UploadFile>>,
        #[param(max_length = 3)] more: File<Option<Vec<Bytes>>>,
    ) -> String {
        format!("{} {} {} {}", names.len(), any.len(), files.len(), more.is_some())
    }

    #[post("/list")]
    async fn list(items: Json<Vec<u32>>) -> String {
        items.len().to_string()
    }

    #[test]
    fn is_a_list_that_may_be_empty_unless_it_is_limited_or_json() {
        let document = document(routes![lists, list]);
        let (lists, _) = body(&document, "/lists", "multipart/form-data");
        assert_eq!(fields(&lists).1, ["files", "names"]);
        let items = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
        let of_files = |limit: &str, length: u8| json!({ "type": "array", "items": items, limit: length });
        assert_eq!(lists["properties"]["files"], of_files("minItems", 1));
        assert_eq!(lists["properties"]["more"], of_files("maxItems", 3));
        assert!(body(&document, "/list", "application/json").1);
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct First {
        first: String,
        both: String,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only documented")]
    struct Second {
        second: String,
        both: Option<String>,
    }

    #[dependency]
    fn second(form: Form<Second>, first: Form<Option<String>>) -> bool {
        let _ = (form, first);
        true
    }

    #[post("/forms")]
    async fn forms(form: Form<First>, _second: Depends<second>) -> String {
        form.first.clone()
    }

    #[dependency]
    fn embedding(#[param(embed)] item: Json<Item>) -> String {
        item.name.clone()
    }

    #[post("/embedded/below")]
    async fn embedded_below(item: Json<Item>, _name: Depends<embedding>) -> Json<Item> {
        item
    }

    #[test]
    fn is_made_of_all_that_read_it() {
        let document = document(routes![forms, embedded_below]);
        let (forms, _) = body(&document, "/forms", "application/x-www-form-urlencoded");
        assert_eq!(fields(&forms), (vec!["both", "first", "second"], vec!["both", "first", "second"]));
        let (embedded, _) = body(&document, "/embedded/below", "application/json");
        assert_eq!(fields(&embedded), (vec!["item"], vec!["item"]));
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[allow(dead_code, reason = "only documented")]
    enum Tagged {
        Card { number: String },
        Cash,
    }

    #[post("/tagged")]
    async fn tagged(_paid: Form<Tagged>) {}

    #[post("/tagged/and/more")]
    async fn tagged_and_more(_paid: Form<Tagged>, _note: Form<String>) {}

    #[test]
    fn is_a_form_without_a_name_where_a_type_reads_all_of_it() {
        let document = document(routes![tagged, tagged_and_more]);
        let form = "application/x-www-form-urlencoded";
        let reference = json!({ "$ref": "#/components/schemas/Tagged" });
        assert_eq!(body(&document, "/tagged", form), (reference.clone(), true));
        let (both, is_required) = body(&document, "/tagged/and/more", form);
        assert_eq!(fields(&both["allOf"][0]), (vec!["note"], vec!["note"]));
        assert_eq!((&both["allOf"][1], is_required), (&reference, true));
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind", content = "of", rename_all = "lowercase")]
    #[allow(dead_code, reason = "only documented")]
    enum TaggedBeside {
        Card(String),
        Cash,
    }

    #[post("/tagged/beside")]
    async fn tagged_beside(_paid: Form<TaggedBeside>, _by: Query<TaggedBeside>) {}

    #[test]
    fn is_a_choice_where_a_tag_stands_beside_what_it_says() {
        let document = document(routes![tagged_beside]);
        let reference = json!({ "$ref": "#/components/schemas/TaggedBeside" });
        let form = "application/x-www-form-urlencoded";
        assert_eq!(body(&document, "/tagged/beside", form), (reference.clone(), true));
        // The fields of an object in a query stand there under their own names, says OpenAPI.
        let parameters = json!([{ "name": "by", "in": "query", "required": true, "schema": reference }]);
        assert_eq!(document["paths"]["/tagged/beside"]["post"]["parameters"], parameters);
    }

    #[dependency]
    fn read<T: serde::de::DeserializeOwned + JsonSchema + Send + Sync + 'static>(item: Json<T>) -> T {
        item.into_inner()
    }

    #[post("/generic")]
    async fn generic(item: Depends<read<Item>>) -> String {
        item.name.clone()
    }

    #[post("/generic/optional")]
    async fn generic_optional(item: Depends<read<Option<Item>>>) -> String {
        item.is_some().to_string()
    }

    #[test]
    fn is_required_by_its_type_even_if_a_dependency_is_generic() {
        let document = document(routes![generic, generic_optional]);
        assert!(body(&document, "/generic", "application/json").1);
        assert!(!body(&document, "/generic/optional", "application/json").1);
    }
}

mod reply_of_a_route {
    use super::*;

    fn reply(document: &Value, path: &str, status: &str) -> Value {
        document["paths"][path]["get"]["responses"][status]["content"].clone()
    }

    #[get("/json")]
    async fn plain() -> Json<Vec<u8>> {
        Json(vec![1])
    }

    #[get("/result", status = 201)]
    async fn result() -> Result<Json<Item>, HttpError> {
        Err(HttpError::new(StatusCode::NOT_FOUND, "none"))
    }

    type ShopResult<T> = Result<T, HttpError>;

    #[get("/tuple")]
    async fn tuple() -> ShopResult<(StatusCode, Json<bool>)> {
        Ok((StatusCode::ACCEPTED, Json(true)))
    }

    #[derive(Serialize)]
    struct Unknown;

    #[get("/unknown")]
    async fn unknown() -> Json<Unknown> {
        Json(Unknown)
    }

    #[get("/text")]
    async fn text() -> Result<&'static str, HttpError> {
        Ok("text")
    }

    #[get("/headers/text")]
    async fn text_after_headers() -> ([(HeaderName, &'static str); 1], String) {
        ([(header::CONTENT_TYPE, "text/html")], "<p>".into())
    }

    #[dependency]
    fn item() -> Item {
        Item { name: "tea".into(), price: 1.0, tags: Vec::new() }
    }

    #[get("/dependency")]
    async fn of_a_dependency(item: Depends<item>) -> Json<Depends<item>> {
        Json(item)
    }

    #[get("/any")]
    async fn any() -> impl IntoResponse {
        "text"
    }

    /// What the macro cannot see to have a body.
    type Hidden = Json<()>;

    #[get("/none", status = 204)]
    async fn none() -> Hidden {
        Json(())
    }

    #[test]
    fn has_its_type_and_its_schema() {
        let document = document(routes![
            plain,
            result,
            tuple,
            unknown,
            text,
            text_after_headers,
            of_a_dependency,
            any,
            none
        ]);
        let of_json = |schema: Value| json!({ "application/json": { "schema": schema } });
        let plain = reply(&document, "/json", "200");
        assert_eq!(plain["application/json"]["schema"]["type"], "array");
        let item = json!({ "$ref": "#/components/schemas/Item" });
        assert_eq!(reply(&document, "/result", "201"), of_json(item.clone()));
        assert_eq!(reply(&document, "/dependency", "200"), of_json(item));
        assert_eq!(reply(&document, "/headers/text", "200"), Value::Null);
        assert_eq!(reply(&document, "/tuple", "200"), of_json(json!({ "type": "boolean" })));
        assert_eq!(reply(&document, "/unknown", "200"), of_json(json!({})));
        assert_eq!(
            reply(&document, "/text", "200"),
            json!({ "text/plain": { "schema": { "type": "string" } } })
        );
        assert_eq!(reply(&document, "/any", "200"), Value::Null);
        assert_eq!(reply(&document, "/none", "204"), Value::Null);
        assert!(document["paths"]["/json"]["get"]["responses"].get("422").is_none());
        assert_eq!(fields(&document["components"]["schemas"]["Item"]).1, ["name", "price", "tags"]);
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Basket {
        items: Vec<Item>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Same {
        id: u32,
    }

    #[post("/baskets")]
    async fn both(basket: Json<Basket>, _same: Json<Same>) -> Json<Basket> {
        basket
    }

    #[get("/same")]
    async fn same() -> Json<Same> {
        Json(Same { id: 1 })
    }

    #[test]
    fn has_a_schema_of_its_own_where_it_differs_from_what_is_read() {
        let document = document(routes![both, same]);
        let components = document["components"]["schemas"].as_object().unwrap();
        let mut names: Vec<&str> = components.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "Basket-Input",
                "Basket-Output",
                "HTTPValidationError",
                "Item-Input",
                "Item-Output",
                "Same",
                "ValidationError"
            ]
        );
        assert_eq!(
            components["Basket-Output"]["properties"]["items"]["items"]["$ref"],
            "#/components/schemas/Item-Output"
        );
    }
}

mod components {
    use super::*;

    mod other {
        use super::*;

        #[derive(Serialize, Deserialize, JsonSchema)]
        pub struct Thing {
            pub other: bool,
        }
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Thing {
        id: u32,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Envelope<T> {
        of: T,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "my.ns/Größe~{T}")]
    struct Named<T: Default> {
        #[serde(default)]
        size: T,
        extra: Value,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct ValidationError {
        mine: u32,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "my.ns_Gr__e_uint32")]
    struct SameInOtherLetters {
        #[serde(default)]
        other: bool,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Tree {
        children: Vec<Tree>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct OnlyQuery {
        q: u32,
    }

    #[post("/cross")]
    async fn cross(thing: Json<Thing>, _q: Query<OnlyQuery>) -> Json<other::Thing> {
        let _ = thing;
        Json(other::Thing { other: true })
    }

    #[post("/cross/back")]
    async fn cross_back(thing: Json<other::Thing>) -> Json<Thing> {
        let _ = thing;
        Json(Thing { id: 1 })
    }

    #[post("/envelope")]
    async fn envelope(thing: Json<Envelope<u32>>) -> Json<Envelope<String>> {
        Json(Envelope { of: thing.of.to_string() })
    }

    #[post("/named")]
    async fn named(named: Json<Named<u32>>) -> Json<Named<u32>> {
        named
    }

    #[post("/same")]
    async fn same_in_other_letters(same: Json<SameInOtherLetters>) -> Json<SameInOtherLetters> {
        same
    }

    #[post("/mine")]
    async fn mine(mine: Json<ValidationError>) -> Json<ValidationError> {
        mine
    }

    #[post("/tree")]
    async fn tree(tree: Json<Tree>) -> Json<Tree> {
        tree
    }

    fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn are_those_that_are_referred_to_each_under_a_name_of_its_own() {
        let document =
            document(routes![cross, cross_back, envelope, named, same_in_other_letters, mine, tree]);
        let components = document["components"]["schemas"].as_object().unwrap();
        let mut referred = Vec::new();
        references(&document, &mut referred);
        for path in &referred {
            assert!(document.pointer(&path[1..]).is_some(), "{path}");
        }
        for name in components.keys() {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)), "{name}");
            assert!(referred.contains(&format!("#/components/schemas/{name}").as_str()), "{name}");
        }
        let schema_of = |path: &str, at: &str| {
            let schema = document["paths"][path]["post"].pointer(at).unwrap();
            document.pointer(&schema["$ref"].as_str().unwrap()[1..]).unwrap()
        };
        const BODY: &str = "/requestBody/content/application~1json/schema";
        const REPLY: &str = "/responses/200/content/application~1json/schema";
        const INVALID: &str = "/responses/422/content/application~1json/schema";
        assert!(schema_of("/cross", BODY)["properties"]["id"].is_object());
        assert!(schema_of("/cross", REPLY)["properties"]["other"].is_object());
        assert_eq!(schema_of("/cross", BODY), schema_of("/cross/back", REPLY));
        assert_eq!(schema_of("/envelope", BODY)["properties"]["of"]["type"], "integer");
        assert_eq!(schema_of("/envelope", REPLY)["properties"]["of"]["type"], "string");
        assert_eq!(schema_of("/named", BODY)["properties"]["extra"], json!({}));
        assert!(schema_of("/same", BODY)["properties"]["other"].is_object());
        assert!(schema_of("/mine", BODY)["properties"]["mine"].is_object());
        assert!(schema_of("/mine", INVALID)["properties"]["detail"].is_object());
        assert_eq!(
            schema_of("/tree", BODY)["properties"]["children"]["items"]["$ref"],
            "#/components/schemas/Tree"
        );
    }
}

mod operation {
    use super::*;

    /// Makes an item.
    ///
    /// It is *kept*.
    #[post("/items/{shop_id}", tags("items", "shop"))]
    async fn create_item(shop_id: Path<u64>) -> String {
        shop_id.to_string()
    }

    #[doc = concat!(" The rest", " is a file.")]
    #[get("/files/{*rest}")]
    async fn file(rest: Path<String>) -> String {
        rest.into_inner()
    }

    #[get("/old")]
    #[deprecated = "asks for too much"]
    async fn old() {}

    #[get("/hidden", hidden)]
    async fn hidden(_q: Query<u8>) {}

    #[websocket("/socket")]
    async fn socket(_socket: WebSocket) {}

    #[test]
    #[allow(deprecated, reason = "it is documented as such")]
    fn says_what_its_function_says() {
        let document = document(routes![create_item, old, hidden, socket, file]);
        let mut paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        paths.sort_unstable();
        assert_eq!(paths, ["/files/{rest}", "/items/{shop_id}", "/old"]);
        assert_eq!(document["paths"]["/files/{rest}"]["get"]["description"], "The rest is a file.");
        assert_eq!(document["paths"]["/files/{rest}"]["get"]["operationId"], "file_files__rest__get");
        let operation = &document["paths"]["/items/{shop_id}"]["post"];
        assert_eq!(operation["summary"], "Create Item");
        assert_eq!(operation["operationId"], "create_item_items__shop_id__post");
        assert_eq!(operation["description"], "Makes an item.\n\nIt is *kept*.");
        assert_eq!(operation["tags"], json!(["items", "shop"]));
        assert_eq!(operation.get("deprecated"), None);
        assert_eq!(document["paths"]["/old"]["get"]["deprecated"], true);
    }

    #[test]
    fn has_the_tags_of_its_routers() {
        let inner = Router::new("/inner").tags(["inner"]).routes(routes![create_item]);
        let app = App::new().router(Router::new("/outer").tags(["outer", "all"]).router(inner));
        let document = OpenApi::new("Test", "1").document(&app);
        let operation = &document["paths"]["/outer/inner/items/{shop_id}"]["post"];
        assert_eq!(operation["tags"], json!(["outer", "all", "inner", "items", "shop"]));
    }

    struct Login;

    impl OAuth2Scheme for Login {
        const TOKEN_URL: &'static str = "token";
        const SCOPES: &'static [(&'static str, &'static str)] =
            &[("items", "Read items."), ("me", "Read yourself.")];
    }

    #[dependency]
    fn user(token: OAuth2PasswordBearer<Login>, scopes: &SecurityScopes) -> String {
        format!("{} {scopes:?}", token.into_inner().len())
    }

    #[dependency]
    fn active(#[param(scopes("me"))] user: Depends<user>) -> String {
        user.to_string()
    }

    #[get("/items")]
    async fn items(#[param(scopes("items"))] user: Depends<active>) -> String {
        user.to_string()
    }

    struct Key;

    impl ApiKey for Key {
        const NAME: &'static str = "x-key";
    }

    #[get("/keys")]
    async fn keys(_key: ApiKeyHeader<Key>) {}

    #[dependency]
    fn partner(_key: ApiKeyHeader<Key>) {}

    #[get("/both")]
    async fn both(_user: Depends<active>, _who: HttpBasic, _partner: Depends<partner>) {}

    #[get("/guarded", dependencies(partner))]
    async fn guarded(_who: HttpBasic) {}

    #[test]
    fn names_security_schemes_in_the_order_in_which_they_are_looked_at() {
        let document = OpenApi::new("Test", "1").document(&App::new().routes(routes![both, guarded]));
        assert_eq!(
            document["paths"]["/both"]["get"]["security"],
            json!([{ "OAuth2PasswordBearer": ["me"] }, { "HTTPBasic": [] }, { "APIKeyHeader": [] }])
        );
        assert_eq!(
            document["paths"]["/guarded"]["get"]["security"],
            json!([{ "APIKeyHeader": [] }, { "HTTPBasic": [] }])
        );
    }

    #[test]
    fn says_what_security_it_requires() {
        let app = App::new().routes(routes![items, keys]);
        let document = OpenApi::new("Test", "1").document(&app);
        assert_eq!(
            document["paths"]["/items"]["get"]["security"],
            json!([{ "OAuth2PasswordBearer": ["items", "me"] }])
        );
        assert_eq!(document["paths"]["/keys"]["get"]["security"], json!([{ "APIKeyHeader": [] }]));
        let scopes = json!({ "items": "Read items.", "me": "Read yourself." });
        assert_eq!(
            document["components"]["securitySchemes"],
            json!({
                "OAuth2PasswordBearer": { "type": "oauth2", "flows": { "password": { "scopes": scopes, "tokenUrl": "token" } } },
                "APIKeyHeader": { "type": "apiKey", "in": "header", "name": "x-key" },
            })
        );
    }
}

mod served {
    use super::*;

    #[dependency]
    fn verify(x_token: Header<String>) -> bool {
        x_token.is_empty()
    }

    #[get("/items")]
    async fn items() {}

    #[tokio::test]
    async fn document_and_page_are_there_for_everybody() {
        let openapi =
            OpenApi::new("Shop </title>", "1.2.3").description("All of it.").server("https://shop.test");
        let app = App::new().openapi(openapi.clone()).depends::<verify>().routes(routes![items]);
        let client = TestClient::new(app.clone());
        let reply = client.get("/openapi.json").send().await;
        assert_eq!(
            (reply.status(), reply.header("content-type")),
            (StatusCode::OK, Some("application/json"))
        );
        let document: Value = reply.json();
        assert_eq!(document, openapi.document(&app));
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(
            document["info"],
            json!({ "title": "Shop </title>", "version": "1.2.3", "description": "All of it." })
        );
        assert_eq!(document["servers"], json!([{ "url": "https://shop.test" }]));
        assert_eq!(parameters(&document["paths"]["/items"]["get"]), [("header", "x-token", true)]);
        assert_eq!(document["paths"].as_object().unwrap().len(), 1);

        let page = client.get("/docs").send().await;
        assert_eq!(
            (page.status(), page.header("content-type")),
            (StatusCode::OK, Some("text/html; charset=utf-8"))
        );
        assert!(page.text().contains("Shop &lt;/title&gt;"), "{}", page.text());
        assert!(page.text().contains("data-logged-in=\"./docs/oauth2-redirect\""), "{}", page.text());
        assert_eq!(client.get("/docs/oauth2-redirect").send().await.status(), 200);
        assert!(page.text().contains("data-document=\"./openapi.json\""), "{}", page.text());
    }

    #[tokio::test]
    async fn edits_see_what_was_there_before() {
        let openapi = OpenApi::new("Shop", "1")
            .edit(|document| {
                document["paths"]["/items"]["get"]["responses"]["404"] = json!({ "description": "None" });
            })
            .edit(|document| {
                let replies = document["paths"]["/items"]["get"]["responses"].as_object().unwrap();
                document["info"]["x-replies"] = json!(replies.keys().collect::<Vec<_>>());
            });
        let app = App::new().openapi(openapi.clone()).routes(routes![items]);
        let document: Value = TestClient::new(app.clone()).get("/openapi.json").send().await.json();
        assert_eq!(document["info"]["x-replies"], json!(["200", "404"]));
        assert_eq!(document, openapi.document(&app));
    }

    #[tokio::test]
    async fn elsewhere_or_without_the_page() {
        let openapi = OpenApi::new("Shop", "1").path("/v1/api.json").docs_path("/help/api");
        let client = TestClient::new(App::new().openapi(openapi.clone()));
        assert_eq!(client.get("/v1/api.json").send().await.status(), 200);
        assert!(client.get("/help/api").send().await.text().contains("data-document=\"./../v1/api.json\""));
        assert_eq!(client.get("/openapi.json").send().await.status(), 404);
        let client = TestClient::new(App::new().openapi(openapi.without_docs()));
        assert_eq!(client.get("/help/api").send().await.status(), 404);
        assert_eq!(TestClient::new(App::new()).get("/openapi.json").send().await.status(), 404);
    }

    #[tokio::test]
    async fn clashes_are_told_at_the_start() {
        #[get("/docs")]
        async fn mine() {}

        let error =
            App::new().openapi(OpenApi::new("Shop", "1")).routes(routes![mine]).start().await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("`OpenApi::docs_path`") && error.contains("both answer GET /docs"), "{error}");
    }

    #[tokio::test]
    async fn paths_that_are_none_are_told_at_the_start() {
        let openapi = OpenApi::new("Shop", "1");
        let root = openapi.clone().docs_path("/");
        assert!(
            TestClient::new(App::new().openapi(root))
                .get("/")
                .send()
                .await
                .text()
                .contains("data-document=\"./openapi.json\"")
        );
        for wrong in [
            openapi.clone().path(""),
            openapi.clone().path("api.json"),
            openapi.clone().docs_path("/docs/{page}"),
            openapi.path("/größe.json"),
        ] {
            let error = App::new().openapi(wrong).start().await.unwrap_err();
            assert!(error.to_string().contains("write a path that begins with a slash"), "{error}");
        }
    }

    struct Panics;

    impl<'de> Deserialize<'de> for Panics {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            assert!(text.is_some(), "it is always sent");
            Ok(Self)
        }
    }

    #[tokio::test]
    async fn a_reply_to_an_invalid_request_is_as_documented() {
        let client = TestClient::new(App::new().openapi(OpenApi::new("Shop", "1")).routes(routes![strict]));
        let document: Value = client.get("/openapi.json").send().await.json();
        let error = &document["components"]["schemas"]["ValidationError"];
        let sent: Value = client.get("/strict").send().await.json();
        let sent = sent["detail"][0].as_object().unwrap();
        for name in fields(error).1 {
            assert!(sent.contains_key(name), "{name}");
        }
        for name in sent.keys() {
            assert!(fields(error).0.contains(&name.as_str()), "{name}");
        }
        // It is left out, not `null`.
        assert!(!sent.contains_key("ctx"));
        assert_eq!(error["properties"]["ctx"]["type"], "object");
    }

    #[get("/strict")]
    async fn strict(_n: Query<u8>) {}

    #[get("/panics")]
    async fn panics(_value: Query<Panics>) {}

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Anything {
        meta: Value,
    }

    #[get("/anything")]
    async fn anything(#[param(default = Anything { meta: json!("x") })] all: Query<Anything>) -> Json<Value> {
        Json(all.meta.clone())
    }

    #[tokio::test]
    async fn panics_of_user_code_are_those_of_the_document_alone() {
        let app = App::new().openapi(OpenApi::new("Shop", "1")).routes(routes![items, panics]);
        let client = TestClient::new(app);
        assert_eq!(client.get("/items").send().await.status(), 200);
        assert_eq!(client.get("/openapi.json").send().await.status(), 500);
        assert_eq!(client.get("/openapi.json").send().await.status(), 500);
    }

    #[tokio::test]
    async fn an_edit_may_panic_and_ask_for_the_document_of_another_app() {
        let openapi = OpenApi::new("Shop", "1");
        let panics = openapi.clone().edit(|document| assert!(document["paths"].is_null(), "it has paths"));
        let client = TestClient::new(App::new().openapi(panics).routes(routes![items]));
        for _ in 0..2 {
            assert_eq!(client.get("/openapi.json").send().await.status(), 500);
        }
        let other = App::new().openapi(openapi.clone()).routes(routes![items]);
        let joined = openapi.clone().edit(move |document| {
            document["paths"]["/other"] = openapi.document(&other)["paths"]["/items"].take();
        });
        let client = TestClient::new(App::new().openapi(joined));
        let document: Value = client.get("/openapi.json").send().await.json();
        assert_eq!(document["paths"]["/other"]["get"]["summary"], "Items");
    }

    #[test]
    fn a_field_may_be_anything_and_have_a_default() {
        let document = document(routes![anything]);
        assert_eq!(schema(&document["paths"]["/anything"]["get"], "meta"), &json!({ "default": "x" }));
    }

    #[tokio::test]
    async fn under_a_path_of_another_app() {
        let app = App::new().openapi(OpenApi::new("Shop", "1")).routes(routes![items]);
        let outer = axum::Router::new().nest_service("/shop", app);
        let request = http::Request::get("/shop/openapi.json").body(axum_core::body::Body::empty()).unwrap();
        assert_eq!(outer.oneshot(request).await.unwrap().status(), 200);
    }

    #[get("/maps")]
    async fn map(all: Query<HashMap<String, u32>>) -> String {
        all.len().to_string()
    }

    #[test]
    fn a_map_is_one_parameter() {
        let document = document(routes![map]);
        let operation = &document["paths"]["/maps"]["get"];
        assert_eq!(parameters(operation), [("query", "all", false)]);
        assert_eq!(schema(operation, "all")["type"], "object");
    }
}
