//! What prevents the start: routes and routers that do not fit together.

use epilogue::prelude::*;
use epilogue::testing::TestClient;

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
