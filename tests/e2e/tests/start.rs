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
        ("/a?x=1", "`a?x=1` is no part of a path: remove what begins with the `?`"),
        ("/a#f", "`a#f` is no part of a path: remove what begins with the `#`"),
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
