//! What prevents the start: routes and routers that do not fit together.

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use serde::Deserialize;

async fn refused(app: App) -> String {
    app.start().await.unwrap_err().to_string()
}

#[get("/x")]
async fn x() {}

const OF_SHOP: u32 = line!() + 3;

#[get("/{shop}/x")]
async fn of_shop(shop: Path<u32>) -> String {
    shop.to_string()
}

#[tokio::test]
async fn a_prefix_is_written_as_a_template_is() {
    for (prefix, reason) in [
        ("shops", "it must begin with a slash and not end in one"),
        ("/shops/", "it must begin with a slash and not end in one"),
        ("/:shop", "`:shop` is not how a path parameter is written: write `{shop}`"),
        ("/<int:shop>", "`<int:shop>` is not how a path parameter is written: write `{shop}`"),
        ("/shops/*", "`*` takes all that follows, so it stands last, in the template of a route"),
        ("/{*rest}", "`{*rest}` takes all that follows, so it stands last, in the template of a route"),
        ("/a b/{ok}", "a client sends `a b` percent-encoded, so write it that way in a prefix: `a%20b`"),
        ("/ä", "a client sends `ä` percent-encoded, so write it that way in a prefix: `%C3%A4`"),
        ("/a?x=1", "`a?x=1` is not part of a path: remove what begins with the `?`"),
        ("/a#f", "`a#f` is not part of a path: remove what begins with the `#`"),
        ("/{shop", "the segment `{shop` does not close its brace: write `{name}`"),
        ("/shop}", "the segment `shop}` closes a brace that it did not open: write `{name}`"),
        ("/{}", "`{}` is not a name: write letters, digits and `_`, as in `{item_id}`"),
        (
            "/{shop:int}",
            "a path parameter has no type in the path: write `{shop}`, and the type at the parameter",
        ),
        ("/{shop?}", "a segment is always there, so `{shop?}` cannot be left out: write `{shop}`"),
        ("/{a}-{b}", "the segment `{a}-{b}` has more than one parameter; put a slash between them"),
    ] {
        let app = App::new().router(Router::new("/api").router(Router::new(prefix).routes(routes![x])));
        assert_eq!(refused(app).await, format!("the prefix `{prefix}` of a router is not valid: {reason}"));
    }
    for prefix in ["", "/shops/{shop}", "/{{x}}/{y}.json", "/a%20b", "/a*b", "/~:;,@"] {
        App::new().router(Router::new(prefix).routes(routes![x])).start().await.unwrap();
    }
}

#[tokio::test]
async fn a_prefix_and_a_template_have_no_name_in_common() {
    let message = refused(App::new().router(Router::new("/{shop}").routes(routes![of_shop]))).await;
    assert_eq!(
        message,
        format!(
            "two segments of the path `/{{shop}}/{{shop}}/x` of `of_shop` ({}:{OF_SHOP}) are named `{{shop}}`: rename one, each needs its own name",
            file!()
        )
    );
}

#[get("")]
async fn list() -> &'static str {
    "list"
}

#[post("", status = 201)]
async fn create() {}

#[get("/")]
async fn with_slash() -> &'static str {
    "with a slash"
}

#[tokio::test]
async fn an_empty_template_is_the_path_of_its_router_itself() {
    let users = Router::new("/users").routes(routes![list, create, with_slash]);
    let client = TestClient::new(App::new().router(users));
    assert_eq!(client.get("/users").send().await.text(), "list");
    assert_eq!(client.get("/users/").send().await.text(), "with a slash");
    assert_eq!(client.post("/users").send().await.status(), 201);

    let message = refused(App::new().router(Router::new("").routes(routes![list]))).await;
    assert!(
        message.starts_with("the path of `list` (") && message.contains(") is empty: write \"/\""),
        "{message}"
    );
}

#[get("/shops/{id}")]
async fn shop(id: Path<u32>) -> String {
    id.to_string()
}

#[post("/shops/{number}")]
async fn rename(number: Path<u32>) -> String {
    number.to_string()
}

#[get("/shops/{*rest}")]
async fn files(rest: Path<String>) -> String {
    rest.into_inner()
}

#[tokio::test]
async fn paths_that_cannot_be_told_apart_are_told_with_each_other() {
    let at = |node: &str| format!("`{node}` ({}:", file!());
    let message = refused(App::new().routes(routes![shop]).routes(routes![rename])).await;
    for part in [
        format!("the path `/shops/{{number}}` of {}", at("rename")),
        format!("cannot be routed: {}", at("shop")),
        String::from(
            "names the segments of the same path differently, `/shops/{id}`; give them the same names",
        ),
    ] {
        assert!(message.contains(&part), "{part} is not in: {message}");
    }

    for [first, second] in [[shop_of as fn() -> Listed, files_of], [files_of, shop_of]] {
        let ((first, one, path), (second, other, _)) = (first(), second());
        let message = refused(App::new().routes(first).routes(second)).await;
        for part in [
            format!("of {}", at(other)),
            format!("a request for it may be one for `{path}` of {}", at(one)),
            String::from("as well; begin one of them with another segment"),
        ] {
            assert!(message.contains(&part), "{part} is not in: {message}");
        }
    }
}

type Listed = (epilogue::Routes, &'static str, &'static str);

fn shop_of() -> Listed {
    (routes![shop], "shop", "/shops/{id}")
}

fn files_of() -> Listed {
    (routes![files], "files", "/shops/{*rest}")
}

const SEARCH: u32 = line!() + 3;

#[get("/search")]
async fn search(#[param(pattern = r"^\w{1,1000}$")] q: Query<String>) -> String {
    q.into_inner()
}

/// It parses, which is all that the compiler checks.
#[tokio::test]
async fn a_pattern_that_is_too_large_is_refused() {
    let message = refused(App::new().routes(routes![search])).await;
    let place = format!("{}:{SEARCH}", file!());
    assert!(
        message.contains(&place) && message.contains(r"^\w{1,1000}$") && message.contains("size"),
        "{message}"
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    first_name: String,
    #[serde(alias = "born", alias = "year")]
    birth_year: u16,
}

#[post("/in-rust")]
async fn named_as_in_rust(#[param(fields(first_name(min_length = 2)))] person: Json<Person>) -> String {
    person.first_name.clone()
}

#[post("/mistyped")]
async fn mistyped(
    #[param(fields(first_name(alias = "firstname", min_length = 2)))] person: Form<Option<Person>>,
) -> String {
    person.as_ref().map(|person| person.first_name.clone()).unwrap_or_default()
}

#[derive(Dependency)]
struct Who {
    #[param(fields(first_name(min_length = 2)))]
    person: Query<Person>,
}

#[get("/below")]
async fn below(who: Depends<Who>) -> String {
    who.person.first_name.clone()
}

/// A name that is read as one text.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Whole {
    text: String,
}

impl From<String> for Whole {
    fn from(text: String) -> Self {
        Self { text }
    }
}

#[get("/whole")]
async fn whole(#[param(fields(text(min_length = 2)))] whole: Query<Whole>) -> String {
    whole.text.clone()
}

#[tokio::test]
async fn a_limited_field_is_named_as_clients_send_it() {
    for (routes, route, field, chain) in [
        (routes![named_as_in_rust], "named_as_in_rust", "first_name", "`person`"),
        (routes![mistyped], "mistyped", "firstname", "`person`"),
        (routes![below], "below", "first_name", "`who` -> `person`"),
    ] {
        let message = refused(App::new().routes(routes)).await;
        assert!(message.starts_with(&format!("`{route}` ({}:", file!())), "{message}");
        assert!(
            message.contains(&format!(") limits `{field}` in the `fields(…)` of {chain}, but")),
            "{message}"
        );
        assert!(
            message.ends_with("as in `alias = \"…\"`; there are `firstName`, `birthYear`, `born`, `year`"),
            "{message}"
        );
    }
    let message = refused(App::new().routes(routes![whole])).await;
    assert!(message.ends_with("; its type reads no fields"), "{message}");
}

#[get("/one")]
async fn one_name(#[param(fields(birth_year(alias = "birthYear", ge = 1900)))] who: Query<Person>) -> String {
    format!("{} {}", who.first_name, who.birth_year)
}

#[get("/all")]
async fn all_names(
    #[param(fields(
        birth_year(alias = "birthYear", ge = 1900),
        birth_year(alias = "born", ge = 1900),
        birth_year(alias = "year", ge = 1900),
    ))]
    who: Query<Person>,
) -> String {
    format!("{} {}", who.first_name, who.birth_year)
}

#[tokio::test]
async fn a_limit_holds_for_every_name_of_its_field() {
    let message = refused(App::new().routes(routes![one_name])).await;
    assert!(
        message.contains(
            ") limits `birthYear` in the `fields(…)` of `who`, and clients may send the same field as `born`"
        ),
        "{message}"
    );
    let client = TestClient::new(App::new().routes(routes![all_names]));
    for name in ["birthYear", "born", "year"] {
        for (year, status) in [(1066, 422), (1966, 200)] {
            let reply = client.get(&format!("/all?firstName=al&{name}={year}")).send().await;
            assert_eq!(reply.status(), status, "{name}={year}: {}", reply.text());
        }
    }
}

/// A text that is picky about what it is read from.
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.contains('@') {
            true => Ok(Self),
            false => Err(serde::de::Error::custom("no address")),
        }
    }
}

impl epilogue::Text for Picky {}

#[derive(Deserialize)]
struct Contact {
    #[serde(alias = "mail")]
    address: Picky,
    note: Option<Picky>,
}

#[post("/contacts")]
async fn contact(#[param(fields(address(max_length = 9)))] contact: Json<Contact>) -> String {
    let Contact { address: Picky, note } = contact.into_inner();
    note.is_some().to_string()
}

#[tokio::test]
async fn a_second_name_is_found_whatever_the_type_takes() {
    let message = refused(App::new().routes(routes![contact])).await;
    assert!(message.contains("may send the same field as `mail`"), "{message}");
}

#[derive(Deserialize)]
struct Flat {
    #[serde(rename = "Q")]
    q: String,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, String>,
}

#[get("/flat")]
async fn flat(#[param(fields(q(max_length = 2)))] flat: Query<Flat>) -> String {
    format!("{} {}", flat.q, flat.rest.len())
}

#[tokio::test]
async fn what_may_read_any_name_may_limit_any() {
    App::new().routes(routes![flat]).start().await.unwrap();
}

type Rest = std::collections::BTreeMap<String, String>;

#[get("/of-query")]
async fn of_query(#[param(alias = "page")] person: Query<Option<Person>>) -> String {
    person.is_some().to_string()
}

#[dependency]
fn of_form(#[param(alias = "page")] rest: Form<Rest>) -> usize {
    rest.len()
}

#[post("/of-form")]
async fn through_dependency(form: Depends<of_form>) -> String {
    form.to_string()
}

#[get("/of-path/{firstName}/{year}")]
async fn of_path(#[param(alias = "firstName")] person: Path<(String, u16)>) -> String {
    format!("{:?}", *person)
}

#[tokio::test]
async fn an_alias_is_for_what_has_one_name() {
    for (routes, route, chain, reads) in [
        (routes![of_query], "of_query", "`person`", "`firstName`, `birthYear`, `born`, `year`"),
        (routes![through_dependency], "through_dependency", "`form` -> `rest`", "whatever is sent"),
        (routes![of_path], "of_path", "`person`", "all segments in order"),
    ] {
        let message = refused(App::new().routes(routes)).await;
        assert!(message.starts_with(&format!("`{route}` ({}:", file!())), "{message}");
        assert!(message.contains(&format!(") gives {chain} the alias `")), "{message}");
        assert!(message.ends_with(&format!("its type reads {reads}; remove the alias")), "{message}");
    }
}

#[post("/bodies")]
async fn bodies(
    #[param(alias = "who")] person: Json<Person>,
    #[param(alias = "also")] other: Json<Person>,
) -> String {
    format!("{} {}", person.first_name, other.first_name)
}

#[post("/embedded")]
async fn embedded(#[param(embed, alias = "who")] person: Json<Person>) -> String {
    person.first_name.clone()
}

#[get("/named")]
async fn named(
    #[param(alias = "tag")] tags: Query<Option<Vec<String>>>,
    #[param(alias = "x-any")] any: Header<Option<serde_json::Value>>,
) -> String {
    format!("{} {}", tags.is_some(), any.is_some())
}

#[tokio::test]
async fn an_alias_that_is_looked_up_stays() {
    let client = TestClient::new(App::new().routes(routes![bodies, embedded, named]));
    let person = serde_json::json!({"firstName": "al", "year": 1});
    let reply = client.post("/bodies").json(&serde_json::json!({"who": person, "also": person})).send().await;
    assert_eq!(reply.text(), "al al");
    let reply = client.post("/embedded").json(&serde_json::json!({"who": person})).send().await;
    assert_eq!(reply.text(), "al");
    assert_eq!(client.get("/named?tag=a").header("x-any", "b").send().await.text(), "true true");
}

#[derive(Deserialize)]
struct Number(u32);

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Big,
}

type Id = Path<u32>;

#[get("/a/{id}")]
async fn of_number(number: Path<Number>) -> String {
    number.0.0.to_string()
}

#[get("/b/{id}")]
async fn of_kind(kind: Path<Kind>) -> String {
    matches!(*kind, Kind::Big).to_string()
}

#[get("/c")]
async fn of_address(address: Path<std::net::IpAddr>) -> String {
    address.to_string()
}

#[get("/d/{id}")]
async fn of_alias(idd: Id) -> String {
    idd.to_string()
}

#[dependency]
fn owned(#[param(alias = "item")] of: Path<std::num::NonZeroU32>) -> String {
    of.to_string()
}

#[get("/e/{id}", dependencies(owned))]
async fn of_dependency(id: Path<u8>) -> String {
    id.to_string()
}

#[get("/f")]
async fn of_prefix(#[param(from_prefix)] shop: Path<Number>) -> String {
    shop.0.0.to_string()
}

#[get("/h")]
async fn of_prefix_as_text(#[param(from_prefix)] shop: Path<String>) -> String {
    shop.into_inner()
}

#[derive(Deserialize)]
struct Segments {
    shop: Number,
    item: Option<Number>,
    #[serde(default)]
    page: u8,
    #[serde(alias = "sort")]
    kind: Kind,
}

#[get("/g/{kind}")]
async fn of_struct(segments: Path<Segments>) -> String {
    let Segments { shop, item, page, kind: Kind::Big } = &*segments;
    format!("{} {} {page}", shop.0, item.is_some())
}

#[tokio::test]
async fn a_name_in_the_path_is_found_whatever_its_type() {
    let in_shops = |routes| App::new().router(Router::new("/shops/{id}").routes(routes));
    for (app, route, name, chain, path) in [
        (App::new().routes(routes![of_number]), "of_number", "number", "`number`", "/a/{id}"),
        (App::new().routes(routes![of_kind]), "of_kind", "kind", "`kind`", "/b/{id}"),
        (App::new().routes(routes![of_address]), "of_address", "address", "`address`", "/c"),
        (App::new().routes(routes![of_alias]), "of_alias", "idd", "`idd`", "/d/{id}"),
        (App::new().routes(routes![of_dependency]), "of_dependency", "item", "`owned` -> `of`", "/e/{id}"),
        (in_shops(routes![of_prefix]), "of_prefix", "shop", "`shop`", "/shops/{id}/f"),
        (in_shops(routes![of_prefix_as_text]), "of_prefix_as_text", "shop", "`shop`", "/shops/{id}/h"),
        (App::new().depends::<owned>().routes(routes![x]), "x", "item", "`owned` -> `of`", "/x"),
        (App::new().routes(routes![of_struct]), "of_struct", "shop", "`segments`", "/g/{kind}"),
    ] {
        let message = refused(app).await;
        assert!(message.starts_with(&format!("`{route}` ({}:", file!())), "{message}");
        assert!(
            message.ends_with(&format!(
                ") reads the path parameter `{name}` through {chain}, but its path is `{path}`: add `{{{name}}}` to it, or read a name that it has"
            )),
            "{message}"
        );
    }
}

type Pair = Path<(String, u8)>;

#[get("/{id}")]
async fn of_pair(#[param(from_prefix)] pair: Path<(String, u8)>) -> String {
    format!("{} {}", pair.0.0, pair.0.1)
}

#[get("/{id}")]
async fn of_pair_alias(pair: Pair) -> String {
    format!("{} {}", pair.0.0, pair.0.1)
}

#[tokio::test]
async fn a_tuple_has_a_part_for_each_segment_of_the_whole_path() {
    let two = App::new().router(Router::new("/{shop}").routes(routes![of_pair]));
    assert_eq!(TestClient::new(two).get("/a/3").send().await.text(), "a 3");
    for app in [
        App::new().routes(routes![of_pair]),
        App::new().routes(routes![of_pair_alias]),
        App::new().router(Router::new("/{a}/{b}").routes(routes![of_pair])),
    ] {
        let message = refused(app).await;
        assert!(
            message.contains(") reads 2 path parameters in order through `pair`, but its path is `/"),
            "{message}"
        );
    }
}

#[get("/{sort}")]
async fn in_shop(segments: Path<Segments>) -> String {
    let Segments { shop, item, page, kind: Kind::Big } = &*segments;
    format!("{} {} {page}", shop.0, item.is_some())
}

#[get("/{one}/{two}")]
async fn whatever(
    all: Path<Rest>,
    items: Path<Vec<String>>,
    pair: Path<(Number, Kind)>,
    any: Path<serde_json::Value>,
    unit: Path<()>,
) -> String {
    let () = *unit;
    format!("{} {} {} {any:?}", all.len(), items.len(), pair.0.0.0)
}

#[tokio::test]
async fn what_a_path_may_lack_is_not_asked_of_it() {
    let shop = App::new().router(Router::new("/{shop}").routes(routes![in_shop]));
    let client = TestClient::new(shop);
    assert_eq!(client.get("/3/big").send().await.text(), "3 false 0");
    App::new().routes(routes![whatever]).start().await.unwrap();
}
