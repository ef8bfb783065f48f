use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Value, json};

use super::values::tests::headers;
use super::*;
use crate::param::Bound;

const INT: &str = "Input should be a valid integer, unable to parse string as an integer";

fn shown(errors: &[Invalid]) -> Value {
    serde_json::to_value(errors).unwrap()
}

fn query<T: DeserializeOwned>(text: &str, limits: Option<&ParamOptions>) -> Result<T, Value> {
    decode(&UrlEncoded::new(text), "q", limits).map_err(|errors| shown(&errors))
}

fn form<T: DeserializeOwned>(text: &str) -> Result<T, Value> {
    decode(&UrlEncoded::form(text), "q", None).map_err(|errors| shown(&errors))
}

fn parsing(loc: Value, input: &str) -> Value {
    json!({"type": "int_parsing", "loc": loc, "msg": INT, "input": input})
}

fn missing(loc: Value, input: Value) -> Value {
    json!({"type": "missing", "loc": loc, "msg": "Field required", "input": input})
}

#[derive(Debug, PartialEq, Deserialize)]
struct Name(String);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    Large,
    Huge,
}

#[test]
fn a_scalar() {
    assert_eq!(query("q=4", None), Ok(4_u8));
    assert_eq!(query("q=1&q=2", None), Ok(2_u8));
    assert_eq!(query("q=on", None), Ok(true));
    assert_eq!(query("q=0.5", None), Ok(0.5_f32));
    assert_eq!(query("q=x", None), Ok('x'));
    assert_eq!(query("q=x%20y", None), Ok(Name("x y".into())));
    assert_eq!(query("q=large", None), Ok(Size::Large));
    assert_eq!(query("q=a", None), Ok(json!("a")));
    assert_eq!(query("", None), Ok(()));
}

#[test]
fn a_bad_scalar() {
    let rows = [
        (query::<i32>("q=4.2", None).err(), parsing(json!(["query", "q"]), "4.2")),
        (query::<i32>("q=", None).err(), parsing(json!(["query", "q"]), "")),
        (query::<i32>("q=1&q=x", None).err(), parsing(json!(["query", "q"]), "x")),
        (query::<String>("a=1", None).err(), missing(json!(["query", "q"]), Value::Null)),
        (query::<Name>("a=1", None).err(), missing(json!(["query", "q"]), Value::Null)),
        (query::<Size>("", None).err(), missing(json!(["query", "q"]), Value::Null)),
        (
            query::<f64>("q=x", None).err(),
            json!({
                "type": "float_parsing",
                "loc": ["query", "q"],
                "msg": "Input should be a valid number, unable to parse string as a number",
                "input": "x",
            }),
        ),
        (
            query::<bool>("q=2", None).err(),
            json!({
                "type": "bool_parsing",
                "loc": ["query", "q"],
                "msg": "Input should be a valid boolean, unable to interpret input",
                "input": "2",
            }),
        ),
        (
            query::<Size>("q=tiny", None).err(),
            json!({
                "type": "enum",
                "loc": ["query", "q"],
                "msg": "Input should be 'small', 'large' or 'huge'",
                "input": "tiny",
                "ctx": {"expected": "'small', 'large' or 'huge'"},
            }),
        ),
        (
            // The error repeats the value that counts.
            query::<Size>("q=a&q=b", None).err(),
            json!({
                "type": "enum",
                "loc": ["query", "q"],
                "msg": "Input should be 'small', 'large' or 'huge'",
                "input": "b",
                "ctx": {"expected": "'small', 'large' or 'huge'"},
            }),
        ),
        (
            query::<u8>("q=300", None).err(),
            json!({
                "type": "less_than_equal",
                "loc": ["query", "q"],
                "msg": "Input should be less than or equal to 255",
                "input": "300",
                "ctx": {"le": 255},
            }),
        ),
        (
            query::<std::num::NonZeroU8>("q=0", None).err(),
            json!({
                "type": "value_error",
                "loc": ["query", "q"],
                "msg": "Value error, invalid value: integer `0`, expected a nonzero u8",
                "input": "0",
                "ctx": {"error": {}},
            }),
        ),
    ];
    for (got, want) in rows {
        assert_eq!(got, Some(json!([want])));
    }
}

#[test]
fn an_optional_scalar_is_absent_or_wrong() {
    assert_eq!(query("", None), Ok(None::<i32>));
    assert_eq!(query("a=1", None), Ok(None::<Name>));
    assert_eq!(query("a=1", None), Ok(None::<Size>));
    assert_eq!(query("a=1", None), Ok(None::<Vec<i32>>));
    assert_eq!(query("a=1", None), Ok(None::<(i32, i32)>));
    assert_eq!(query("a=1", None), Ok(None::<Option<i32>>));
    assert_eq!(query("q=1", None), Ok(Some(1)));
    assert_eq!(query("q=1&q=2", None), Ok(Some(vec![1, 2])));
    // An empty value of the query is a value.
    assert_eq!(query("q=", None), Ok(Some(String::new())));
    assert_eq!(query::<Option<i32>>("q=", None), Err(json!([parsing(json!(["query", "q"]), "")])));
    assert_eq!(query::<Option<i32>>("q=x", None), Err(json!([parsing(json!(["query", "q"]), "x")])));
}

#[test]
fn lists_and_tuples() {
    assert_eq!(query("q=1&a=3&q=2", None), Ok(vec![1, 2]));
    assert_eq!(query("", None), Ok(Vec::<i32>::new()));
    assert_eq!(query("q=1&q=b", None), Ok((1, String::from("b"))));
    assert_eq!(
        query::<Vec<i32>>("q=x&q=1&q=y", None),
        Err(json!([parsing(json!(["query", "q", 0]), "x"), parsing(json!(["query", "q", 2]), "y")]))
    );
    assert_eq!(
        query::<(i32, i32, i32)>("q=x&q=1", None),
        Err(json!([
            parsing(json!(["query", "q", 0]), "x"),
            missing(json!(["query", "q", 2]), json!(["x", "1"]))
        ]))
    );
    assert_eq!(
        query::<(i32, i32)>("q=1&q=2&q=3", None),
        Err(json!([{
            "type": "too_long",
            "loc": ["query", "q"],
            "msg": "Tuple should have at most 2 items after validation, not 3",
            "input": ["1", "2", "3"],
            "ctx": {"field_type": "Tuple", "max_length": 2, "actual_length": 3},
        }]))
    );
    assert_eq!(query::<(i32, i32)>("", None), Err(json!([missing(json!(["query", "q"]), Value::Null)])));
}

#[test]
fn limits_reach_through_options_and_newtypes_and_into_lists() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Number(i32);
    let bound = ParamOptions { ge: Some(Bound::Int(3)), ..ParamOptions::NONE };
    let low = |loc: Value| {
        json!({
            "type": "greater_than_equal",
            "loc": loc,
            "msg": "Input should be greater than or equal to 3",
            "input": "2",
            "ctx": {"ge": 3},
        })
    };
    assert_eq!(query::<Option<Number>>("q=2", Some(&bound)), Err(json!([low(json!(["query", "q"]))])));
    assert_eq!(query::<Option<Number>>("", Some(&bound)), Ok(None));
    assert_eq!(query::<Vec<Number>>("q=5&q=2", Some(&bound)), Err(json!([low(json!(["query", "q", 1]))])));

    let length = ParamOptions { min_length: Some(2), max_length: Some(3), ..ParamOptions::NONE };
    assert_eq!(query::<Vec<String>>("q=a&q=b", Some(&length)), Ok(vec!["a".into(), "b".into()]));
    assert_eq!(
        query::<Vec<String>>("q=abc", Some(&length)),
        Err(json!([{
            "type": "too_short",
            "loc": ["query", "q"],
            "msg": "List should have at least 2 items after validation, not 1",
            "input": ["abc"],
            "ctx": {"field_type": "List", "min_length": 2, "actual_length": 1},
        }]))
    );
    // Too many items are reported instead of their errors; too few, only if the items have no errors.
    assert_eq!(query::<Vec<i32>>("q=x", Some(&length)), Err(json!([parsing(json!(["query", "q", 0]), "x")])));
    let errors = query::<Vec<i32>>("q=x&q=1&q=2&q=3", Some(&length)).unwrap_err();
    assert_eq!((errors.as_array().unwrap().len(), &errors[0]["type"]), (1, &json!("too_long")));
    assert_eq!(
        query::<Vec<String>>("", Some(&length)),
        Err(json!([missing(json!(["query", "q"]), Value::Null)]))
    );
    assert_eq!(
        query::<Option<String>>("q=abcd", Some(&length)),
        Err(json!([{
            "type": "string_too_long",
            "loc": ["query", "q"],
            "msg": "String should have at most 3 characters",
            "input": "abcd",
            "ctx": {"max_length": 3},
        }]))
    );
}

/// A number of a user's own, such as a decimal: it takes a number as well as a text.
#[derive(Debug, PartialEq)]
struct Decimal(f64);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().map(Self).map_err(D::Error::custom),
            value => value.as_f64().map(Self).ok_or_else(|| D::Error::custom("no number")),
        }
    }
}

#[test]
fn limits_hold_for_whatever_a_number_is_read_from() {
    let bound = ParamOptions { gt: Some(Bound::Int(0)), ..ParamOptions::NONE };
    let json = |text: &str| from_json::<Decimal>(text.as_bytes(), None, Some(&bound));
    assert_eq!(query("q=0.5", Some(&bound)), Ok(Decimal(0.5)));
    assert_eq!(
        (json("1"), json("0.5"), json("\"0.5\"")),
        (Ok(Decimal(1.0)), Ok(Decimal(0.5)), Ok(Decimal(0.5)))
    );
    for text in ["0", "-1", "-0.5", "\"-0.5\""] {
        assert_eq!(json(text).unwrap_err()[0].kind, "greater_than", "{text}");
    }
    assert_eq!(
        query::<Vec<Decimal>>("q=1&q=0", Some(&bound)).unwrap_err()[0]["loc"],
        json!(["query", "q", 1])
    );
    // What it is not is for the type to say.
    assert_eq!(query::<Decimal>("q=x", Some(&bound)).unwrap_err()[0]["type"], "value_error");
}

#[cfg(feature = "pattern")]
#[test]
fn a_char_and_bytes_are_limited_like_a_text() {
    #[derive(Debug, PartialEq)]
    struct Octets(Vec<u8>);
    impl<'de> Deserialize<'de> for Octets {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl serde::de::Visitor<'_> for Visitor {
                type Value = Octets;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }

                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Octets, E> {
                    Ok(Octets(bytes.into()))
                }
            }
            deserializer.deserialize_bytes(Visitor)
        }
    }
    let letter = ParamOptions { pattern: Some("^[a-z]$"), ..ParamOptions::NONE };
    assert_eq!(query("q=a", Some(&letter)), Ok('a'));
    assert_eq!(query("q=a", Some(&letter)), Ok(Octets(b"a".into())));
    assert_eq!(from_json(b"\"a\"", None, Some(&letter)), Ok('a'));
    let kinds = [
        query::<char>("q=A", Some(&letter)).unwrap_err()[0]["type"].clone(),
        query::<Octets>("q=A", Some(&letter)).unwrap_err()[0]["type"].clone(),
        from_json::<char>(b"\"A\"", None, Some(&letter)).unwrap_err()[0].kind.clone().into(),
        from_json::<Octets>(b"\"A\"", None, Some(&letter)).unwrap_err()[0].kind.clone().into(),
    ];
    assert_eq!(kinds, ["string_pattern_mismatch"; 4]);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Page {
    a: i32,
    o: Option<String>,
    #[serde(default)]
    l: Vec<i32>,
    #[serde(default = "ten")]
    x_tok: String,
}

fn ten() -> String {
    "d".into()
}

fn page(a: i32, o: Option<&str>, l: &[i32], x_tok: &str) -> Page {
    Page { a, o: o.map(Into::into), l: l.into(), x_tok: x_tok.into() }
}

#[test]
fn a_struct_takes_the_whole_place() {
    assert_eq!(query("a=1&a=2&l=3&l=4&zzz", None), Ok(page(2, None, &[3, 4], "d")));
    assert_eq!(query("a=1&o=", None), Ok(page(1, Some(""), &[], "d")));
    // A field of a form that was left empty counts as absent in a struct, if it may be absent.
    assert_eq!(form("a=1&o=&x_tok="), Ok(page(1, None, &[], "")));
    assert_eq!(query("", None), Ok(None::<Page>));
    assert_eq!(query("z=1", None), Ok(None::<Page>));
    assert_eq!(query("a=1", None), Ok(Some(page(1, None, &[], "d"))));

    let map = headers(&[("x-tok", b"1"), ("x-tok", b"2"), ("l", b"1"), ("l", b"2"), ("a", b"3")]);
    assert_eq!(decode(&Headers::new(&map, None), "h", None), Ok(page(3, None, &[1, 2], "1")));
}

#[cfg(feature = "cookie")]
#[test]
fn a_struct_of_cookies() {
    let map = headers(&[("cookie", b"a=1; x_tok=%20; other=2")]);
    assert_eq!(decode(&Cookies::new(&map), "c", None), Ok(page(1, None, &[], " ")));
}

#[test]
fn all_fields_of_a_struct_are_reported_in_order() {
    assert_eq!(
        query::<Page>("l=x&l=1&l=y&a=q", None),
        Err(json!([
            parsing(json!(["query", "a"]), "q"),
            parsing(json!(["query", "l", 0]), "x"),
            parsing(json!(["query", "l", 2]), "y"),
        ]))
    );
    assert_eq!(
        query::<Page>("l=x&l=2", None),
        Err(json!([
            missing(json!(["query", "a"]), json!({"l": ["x", "2"]})),
            parsing(json!(["query", "l", 0]), "x"),
        ]))
    );
    assert_eq!(query::<Page>("", None), Err(json!([missing(json!(["query", "a"]), json!({}))])));
    assert_eq!(
        form::<Page>("a=&l="),
        Err(json!([parsing(json!(["body", "a"]), ""), parsing(json!(["body", "l", 0]), "")]))
    );
    assert_eq!(
        query::<Option<Page>>("l=1", None),
        Err(json!([missing(json!(["query", "a"]), json!({"l": "1"}))]))
    );
}

#[test]
fn header_fields_are_called_by_their_names_and_secrets_are_kept() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Wanted {
        x_token: String,
        x_count: u8,
    }
    let map = headers(&[("x-count", b"z"), ("authorization", b"Bearer secret")]);
    let errors = decode::<Wanted>(&Headers::new(&map, None), "h", None).unwrap_err();
    assert_eq!(
        shown(&errors),
        json!([
            missing(json!(["header", "x_token"]), json!({"x_count": "z"})),
            parsing(json!(["header", "x_count"]), "z"),
        ])
    );
    let limits = ParamOptions {
        fields: &[("x_count", ParamOptions { le: Some(Bound::Int(3)), ..ParamOptions::NONE })],
        ..ParamOptions::NONE
    };
    let map = headers(&[("x-token", b"t"), ("x-count", b"4")]);
    let errors = decode::<Wanted>(&Headers::new(&map, None), "h", Some(&limits)).unwrap_err();
    assert_eq!((errors.len(), &*errors[0].kind), (1, "less_than_equal"));
}

#[test]
fn a_header_that_is_no_text() {
    let map = headers(&[("x-a", b"\xffx")]);
    let want = json!([{
        "type": "string_unicode",
        "loc": ["header", "x-a"],
        "msg": "Input should be a valid string, unable to parse raw data as a unicode string",
        "input": "\u{fffd}x",
    }]);
    let values = Headers::new(&map, None);
    let text = decode::<String>(&values, "x-a", None).unwrap_err();
    let int = decode::<Option<i32>>(&values, "x-a", None).unwrap_err();
    let word = decode::<Size>(&values, "x-a", None).unwrap_err();
    assert_eq!([shown(&text), shown(&int), shown(&word)], [want.clone(), want.clone(), want]);
}

#[test]
fn what_a_form_left_empty_is_absent_where_it_is_one_value() {
    assert_eq!(form("q="), Ok(None::<String>));
    assert_eq!(form("q=1&q="), Ok(None::<i32>));
    assert_eq!(form::<String>("q="), Err(json!([missing(json!(["body", "q"]), Value::Null)])));
    assert_eq!(form("q="), Ok(vec![String::new()]));
    assert_eq!(form("q=&q="), Ok(Some(vec![String::new(), String::new()])));
    assert_eq!(form("q="), Ok(HashMap::from([(String::from("q"), String::new())])));
}

#[test]
fn absent_lists_of_a_struct_are_empty() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Tags {
        tag: Vec<String>,
        n: i32,
    }
    assert_eq!(query("n=1", None), Ok(Tags { tag: vec![], n: 1 }));
    assert_eq!(query::<Tags>("n=x", None), Err(json!([parsing(json!(["query", "n"]), "x")])));
}

#[test]
fn unknown_fields_are_told_where_they_are_denied() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        a: i32,
        b: i32,
    }
    let extra = |name: &str, input: Value| {
        json!({
            "type": "extra_forbidden",
            "loc": ["query", name],
            "msg": "Extra inputs are not permitted",
            "input": input,
        })
    };
    assert_eq!(query("a=1&b=2", None), Ok(Strict { a: 1, b: 2 }));
    assert_eq!(
        query::<Strict>("z=3&y=2&b=x&y=4", None),
        Err(json!([
            missing(json!(["query", "a"]), json!({"b": "x", "y": ["2", "4"], "z": "3"})),
            parsing(json!(["query", "b"]), "x"),
            extra("z", json!("3")),
            extra("y", json!(["2", "4"])),
        ]))
    );
    // Every request has headers that nobody asked for.
    let map = headers(&[("a", b"1"), ("b", b"2"), ("host", b"h")]);
    assert_eq!(decode(&Headers::new(&map, None), "h", None), Ok(Strict { a: 1, b: 2 }));
}

#[test]
fn maps_take_everything() {
    let want = HashMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "3".to_owned())]);
    assert_eq!(query("a=1&b=2&b=3", None), Ok(want));
    let want = BTreeMap::from([(1, vec![2, 3])]);
    assert_eq!(query("1=2&1=3", None), Ok(want));
    assert_eq!(query("", None), Ok(BTreeMap::<String, String>::new()));
    assert_eq!(
        query::<BTreeMap<i32, i32>>("x=1&2=y&3=3", None),
        Err(json!([parsing(json!(["query", "x", "[key]"]), "x"), parsing(json!(["query", "2"]), "y")]))
    );
}

#[test]
fn what_a_text_cannot_be() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        inner: Page,
    }
    assert_eq!(
        query::<Outer>("inner=x", None),
        Err(json!([{
            "type": "model_attributes_type",
            "loc": ["query", "inner"],
            "msg": "Input should be a valid dictionary or object to extract fields from",
            "input": "x",
        }]))
    );
    assert_eq!(query::<Outer>("", None), Err(json!([missing(json!(["query", "inner"]), json!({}))])));
}

#[test]
fn path_segments_by_name_and_in_order() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        user: String,
        item: u8,
    }
    let names = [String::from("user"), String::from("item")];
    let good = Captures::new("/a%20b/7", &names, &[(1, 6), (7, 8)]);
    let bad = Captures::new("/a%20b/x", &names, &[(1, 6), (7, 8)]);
    let path = |captures: &Captures<'_>| decode::<u8>(captures, "item", None);
    assert_eq!(path(&good), Ok(7));
    assert_eq!(decode(&good, "both", None), Ok(Both { user: "a b".into(), item: 7 }));
    assert_eq!(decode(&good, "pair", None), Ok((String::from("a b"), 7)));
    assert_eq!(decode(&good, "all", None), Ok(vec![String::from("a b"), String::from("7")]));

    let want = json!([parsing(json!(["path", "item"]), "x")]);
    assert_eq!(shown(&path(&bad).unwrap_err()), want);
    assert_eq!(shown(&decode::<Both>(&bad, "both", None).unwrap_err()), want);
    assert_eq!(shown(&decode::<(String, u8)>(&bad, "pair", None).unwrap_err()), want);
    assert_eq!(
        shown(&decode::<(u8, u8)>(&bad, "pair", None).unwrap_err()),
        json!([parsing(json!(["path", "user"]), "a b"), parsing(json!(["path", "item"]), "x")])
    );
}

/// A type that takes only some texts.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "Cow<'static, str>")]
struct Email(String);

impl TryFrom<Cow<'static, str>> for Email {
    type Error = &'static str;

    fn try_from(text: Cow<'static, str>) -> Result<Self, &'static str> {
        if text.contains('@') { Ok(Self(text.into_owned())) } else { Err("no address") }
    }
}

/// A type that takes nothing.
#[derive(Debug, PartialEq)]
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(D::Error::custom(format!("never {text}")))
    }
}

fn refused(loc: Value, why: &str, input: &str) -> Value {
    json!({
        "type": "value_error",
        "loc": loc,
        "msg": format!("Value error, {why}"),
        "input": input,
        "ctx": {"error": {}},
    })
}

#[test]
fn picky_types_do_not_hide_other_errors() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Hopeless {
        never: Never,
        n: i32,
        second: Option<Never>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Account {
        email: Email,
        second: Email,
        n: i32,
        last: i32,
    }
    assert_eq!(
        query::<Account>("email=x&n=y&last=w", None),
        Err(json!([
            refused(json!(["query", "email"]), "no address", "x"),
            missing(json!(["query", "second"]), json!({"email": "x", "last": "w", "n": "y"})),
            parsing(json!(["query", "n"]), "y"),
            parsing(json!(["query", "last"]), "w"),
        ]))
    );
    // If a type takes nothing, only what else its struct lacks remains unknown.
    assert_eq!(
        query::<Hopeless>("n=y&second=x&never=z", None),
        Err(json!([
            refused(json!(["query", "never"]), "never z", "z"),
            parsing(json!(["query", "n"]), "y"),
            refused(json!(["query", "second"]), "never x", "x"),
        ]))
    );
    assert_eq!(query::<Never>("q=1", None), Err(json!([refused(json!(["query", "q"]), "never 1", "1")])));
    assert_eq!(
        query::<Vec<Never>>("q=1&q=2", None),
        Err(json!([
            refused(json!(["query", "q", 0]), "never 1", "1"),
            refused(json!(["query", "q", 1]), "never 2", "2"),
        ]))
    );
}

#[test]
fn a_uuid_is_refused_in_pydantics_words() {
    #[derive(Debug, PartialEq)]
    struct Uuid;
    impl<'de> Deserialize<'de> for Uuid {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(D::Error::custom(format!("UUID parsing failed: invalid length: found {}", text.len())))
        }
    }
    assert_eq!(
        query::<Uuid>("q=x", None),
        Err(json!([{
            "type": "uuid_parsing",
            "loc": ["query", "q"],
            "msg": "Input should be a valid UUID, invalid length: found 1",
            "input": "x",
            "ctx": {"error": "invalid length: found 1"},
        }]))
    );
}

#[test]
fn a_check_of_the_whole_struct_comes_after_its_fields() {
    #[derive(Debug, Deserialize)]
    struct Raw {
        low: i32,
        high: i32,
    }
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "Raw")]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Range(i32, i32);
    impl TryFrom<Raw> for Range {
        type Error = &'static str;

        fn try_from(Raw { low, high }: Raw) -> Result<Self, &'static str> {
            if low < high { Ok(Self(low, high)) } else { Err("empty") }
        }
    }
    let mut want = refused(json!(["query"]), "empty", "");
    want["input"] = json!({"low": "3", "high": "2"});
    assert_eq!(query::<Range>("low=3&high=2", None).unwrap_err(), json!([want]));
    assert_eq!(
        query::<Range>("low=x&high=y", None).unwrap_err(),
        json!([parsing(json!(["query", "low"]), "x"), parsing(json!(["query", "high"]), "y")])
    );
}

#[test]
fn enums_of_structs_over_the_query() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Shape {
        Named { name: String },
        Plain,
    }
    assert_eq!(query("kind=named&name=x", None), Ok(Shape::Named { name: "x".into() }));
    assert_eq!(query("kind=plain", None), Ok(Shape::Plain));
    let errors = query::<Shape>("kind=other", None).unwrap_err();
    assert_eq!((&errors[0]["type"], &errors[0]["loc"]), (&json!("union_tag_invalid"), &json!(["query"])));
    assert_eq!(errors.as_array().unwrap().len(), 1);
    let errors = query::<Shape>("", None).unwrap_err();
    assert_eq!(errors[0]["type"], "missing");
}

#[test]
fn what_is_refused_beside_a_flattened_field_is_not_missing_too() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Sized {
        size: Size,
        #[serde(flatten)]
        rest: BTreeMap<String, String>,
    }
    let errors = query::<Sized>("size=tiny&a=b", None).unwrap_err();
    assert_eq!((errors.as_array().unwrap().len(), &errors[0]["type"]), (1, &json!("enum")));
    let errors = from_json::<Sized>(br#"{"size": "tiny", "a": "b"}"#, None, None).unwrap_err();
    assert_eq!((errors.len(), &*errors[0].kind), (1, "enum"));
}

#[test]
fn flattened_structs() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        name: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        n: i32,
        m: i32,
        #[serde(flatten)]
        inner: Inner,
    }
    assert_eq!(query("n=1&m=2&name=x", None), Ok(Outer { n: 1, m: 2, inner: Inner { name: "x".into() } }));
    let errors = query::<Outer>("n=x", None).unwrap_err();
    let locs: Vec<_> = errors.as_array().unwrap().iter().map(|error| &error["loc"][1]).collect();
    assert_eq!(locs, ["n", "m", "name"]);
}

#[test]
fn an_optional_struct_within_a_newtype_is_absent_whatever_it_flattens() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        name: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype<T>(Option<T>);
    assert_eq!(query("z=1", None), Ok(Newtype(None::<Inner>)));
    assert_eq!(query("z=1", None), Ok(Newtype(None::<Outer>)));
    assert_eq!(query("name=x", None), Ok(Newtype(Some(Outer { inner: Inner { name: "x".into() } }))));
}

#[test]
fn a_struct_of_headers_that_flattens_another_one_has_their_own_names() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Inner {
        x_name: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Outer {
        x_n: i32,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Underscored {
        x_n: String,
        #[serde(flatten)]
        inner: Inner,
    }
    let map = headers(&[("x-n", b"1"), ("x-name", b"x")]);
    let want = Outer { x_n: 1, inner: Inner { x_name: "x".into() } };
    assert_eq!(decode(&Headers::new(&map, None), "h", None), Ok(want));
    let errors = decode::<Underscored>(&Headers::new(&map, None), "h", None).unwrap_err();
    assert_eq!(errors[0].msg, "Value error, missing field `x_n`");
}

#[test]
fn a_header_that_is_no_text_and_that_nobody_reads_is_passed_over() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        name: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        n: i32,
        #[serde(flatten)]
        inner: Inner,
    }
    let lines: [(_, &[u8]); 3] = [("x-other", b"\xff"), ("n", b"1"), ("name", b"x")];
    let read = |lines: &[(&'static str, &[u8])]| {
        let map = headers(lines);
        decode::<Option<Outer>>(&Headers::new(&map, None), "h", None).map_err(|errors| shown(&errors))
    };
    assert_eq!(read(&lines), Ok(Some(Outer { n: 1, inner: Inner { name: "x".into() } })));
    assert_eq!(read(&lines[..1]), Ok(None));
    assert_eq!(read(&lines[..2]).unwrap_err()[0]["loc"], json!(["header", "name"]));
    assert!(read(&[("n", b"1"), ("name", b"\xff")]).is_err());
}

#[test]
fn the_list_of_errors_ends() {
    let text = "q=x&".repeat(10_000);
    let errors = query::<Vec<i32>>(&text, None).unwrap_err();
    assert_eq!(errors.as_array().unwrap().len(), 1000);
    let errors = query::<Vec<Never>>(&text, None).unwrap_err();
    assert!((1..=1000).contains(&errors.as_array().unwrap().len()));
}

#[test]
fn a_long_place_is_read_like_a_short_one() {
    let padded = |text: &str| format!("{text}&{}", "pad=1&".repeat(1000));
    assert_eq!(query(&padded("a=1&a=2&l=3&l=4&o="), None), Ok(page(2, Some(""), &[3, 4], "d")));
    assert_eq!(form::<Page>(&padded("a=1&l=3&l=&o=&x_tok=")).unwrap_err()[0]["loc"], json!(["body", "l", 1]));
    assert_eq!(form(&padded("a=&a=1&o=&x_tok=")), Ok(page(1, None, &[], "")));
    let errors = query::<Page>(&padded("l=x&l=1"), None).unwrap_err();
    assert_eq!((&errors[0]["loc"][1], &errors[1]["loc"]), (&json!("a"), &json!(["query", "l", 0])));
}

#[test]
fn a_huge_form_with_errors_is_soon_given_up() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Picky {
        a: Never,
        b: Never,
        c: Never,
        d: Option<Email>,
        n: u8,
    }
    let text = format!("a=1&b=2&c=3&d=x&n=z&{}", "pad=1&".repeat(300_000));
    let errors = form::<Picky>(&text).unwrap_err();
    assert!(!errors.as_array().unwrap().is_empty());
    let errors = form::<Picky>("a=1&b=2&c=3&d=x&n=z").unwrap_err();
    assert_eq!(errors.as_array().unwrap().len(), 5);
}

#[test]
fn long_lists_of_names_take_linear_time() {
    use std::fmt::Write;
    let mut text = String::new();
    for i in 0..50_000 {
        write!(text, "k{i}=v&").unwrap();
    }
    assert_eq!(query::<HashMap<String, String>>(&text, None).unwrap().len(), 50_000);
}
