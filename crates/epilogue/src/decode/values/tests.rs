use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn texts<'v>(raws: impl IntoIterator<Item = Raw<'v>>) -> Vec<String> {
    let text = |raw| match raw {
        Raw::Text(text) => text.into_owned(),
        Raw::Opaque(bytes) => format!("{bytes:?}"),
        Raw::File(name) => format!("file {name}"),
        Raw::Json(value) => value.to_string(),
    };
    raws.into_iter().map(text).collect()
}

fn names(values: &dyn Values) -> Vec<String> {
    let mut names = Vec::new();
    values.each(&mut |name, _| names.push(name.into_owned()));
    names
}

pub(in crate::decode) fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let line = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    lines.iter().map(line).collect()
}

#[test]
fn the_last_of_a_query_and_all_of_it() {
    let query = UrlEncoded::new("a=1&b=x%20y+z&a=2&c");
    let rows =
        [("a", Some("2"), vec!["1", "2"]), ("b", Some("x y z"), vec!["x y z"]), ("c", Some(""), vec![""])];
    for (name, one, all) in rows {
        assert_eq!(texts(query.one(name)), Vec::from_iter(one), "{name}");
        assert_eq!(texts(query.all(name)), all, "{name}");
        assert!(query.contains(name));
    }
    assert!(!query.contains("d"));
    assert_eq!(names(&query), ["a", "b", "a", "c"]);
}

#[test]
fn a_plain_query_value_is_borrowed() {
    assert!(matches!(UrlEncoded::new("a=1").one("a"), Some(Raw::Text(Cow::Borrowed("1")))));
}

#[test]
fn what_a_form_left_empty_is_no_value_alone() {
    let form = UrlEncoded::form("a=&b=1&b=&c=&c=");
    assert_eq!((form.alone("a"), form.alone("b"), form.alone("c")), (None, None, None));
    assert_eq!(texts(form.one("a")), [""]);
    assert_eq!(texts(form.all("b")), ["1", ""]);
    assert_eq!(texts(form.all("c")), ["", ""]);
    assert!(UrlEncoded::new("a=").alone("a").is_some());
}

#[test]
fn the_first_of_a_header_in_any_case() {
    let map = headers(&[("x-a", b"1"), ("x-a", b"2"), ("x-b", b"\xff")]);
    let values = Headers::new(&map, None);
    assert_eq!(texts(values.one("X-A")), ["1"]);
    assert_eq!(texts(values.all("x-a")), ["1", "2"]);
    assert_eq!(values.one("x-b"), Some(Raw::Opaque(b"\xff")));
    assert_eq!(values.one("no header name"), None);
    assert_eq!(values.place().key("x_a"), "x-a");
}

#[cfg(feature = "cookie")]
#[test]
fn cookies_of_every_header_decoded_and_unquoted() {
    let map = headers(&[
        ("cookie", b"a=1; b=\"x y\"; broken; =c"),
        ("cookie", b"a=%20z; q=\"; inner=%22x%22; both=\"%22\""),
        ("cookie", b"z=\xff"),
    ]);
    let values = Cookies::new(&map);
    let rows = [
        ("a", vec!["1", " z"]),
        ("b", vec!["x y"]),
        ("q", vec!["\""]),
        // A quote that is encoded is part of the value, as `Reply::set_cookie` sends it.
        ("inner", vec!["\"x\""]),
        ("both", vec!["\""]),
        ("broken", vec![]),
        ("z", vec![]),
    ];
    for (name, all) in rows {
        assert_eq!(texts(values.all(name)), all, "{name}");
        assert_eq!(texts(values.one(name)).last(), texts(values.all(name)).last(), "{name}");
    }
    assert!(matches!(values.one("b"), Some(Raw::Text(Cow::Borrowed("x y")))));
}

#[test]
fn captures_are_decoded_in_order() {
    let names_of = [String::from("user"), String::from("item")];
    let path = "/users/a%20b/items/7";
    let values = Captures::new(path, &names_of, &[(7, 12), (19, 20)]);
    assert_eq!(texts(values.one("user")), ["a b"]);
    assert_eq!(texts(values.one("item")), ["7"]);
    assert_eq!(values.one("none"), None);
    assert_eq!(names(&values), ["user", "item"]);
    // Ranges that do not fit the path are not the client's fault, nor a reason to panic.
    let values = Captures::new(path, &names_of, &[(90, 91), (8, 3)]);
    assert_eq!(texts(values.one("user")), [""]);
}
