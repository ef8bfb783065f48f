use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::param::Bound;

fn body<T: DeserializeOwned>(text: &str) -> Result<T, Value> {
    with(text, None, None)
}

fn with<T: DeserializeOwned>(
    text: &str,
    embed: Option<&str>,
    limits: Option<&ParamOptions>,
) -> Result<T, Value> {
    from_json(text.as_bytes(), embed, limits).map_err(|errors| serde_json::to_value(errors).unwrap())
}

fn error(kind: &str, loc: Value, msg: &str, input: Value) -> Value {
    json!({"type": kind, "loc": loc, "msg": msg, "input": input})
}

fn missing(loc: Value, input: Value) -> Value {
    error("missing", loc, "Field required", input)
}

#[test]
fn what_each_item_of_a_long_list_lacks_is_told_whatever_else_they_have() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Row {
        need: i32,
        a: Option<i32>,
        b: Option<i32>,
        c: Option<i32>,
        d: Option<i32>,
        e: Option<i32>,
        f: Option<i32>,
        g: Option<i32>,
        h: Option<i32>,
    }

    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let row = |set: usize| {
        let fields = names.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
        fields.map(|(_, name)| (name, 1)).collect::<BTreeMap<_, _>>()
    };
    let rows: Vec<_> = (0..256).map(row).collect();
    let errors = body::<Vec<Row>>(&serde_json::to_string(&rows).unwrap()).unwrap_err();
    assert_eq!(errors.as_array().unwrap().len(), 256);
    assert_eq!(errors[255]["loc"], json!(["body", 255, "need"]));
}

const INT_PARSING: &str = "Input should be a valid integer, unable to parse string as an integer";
const MODEL: &str = "Input should be a valid dictionary or object to extract fields from";

#[derive(Debug, PartialEq, Deserialize)]
struct Item {
    name: String,
    price: f64,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: u32,
    items: Vec<Item>,
    note: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, bool>,
}

#[test]
fn a_good_body() {
    let order = body::<Order>(r#"{"id": 1, "items": [{"name": "n", "price": 2}]}"#).unwrap();
    assert_eq!(order.items, [Item { name: "n".into(), price: 2.0 }]);
    assert_eq!(body("null"), Ok(None::<Item>));
    assert_eq!(body(""), Ok(None::<Item>));
    // JSON has one kind of number.
    assert_eq!(body("4.0"), Ok(4_u8));
    // If a key is repeated, the last one counts.
    assert_eq!(body(r#"{"name": "a", "price": 1, "name": "b"}"#), Ok(Item { name: "b".into(), price: 1.0 }));
}

#[test]
fn each_type_has_its_words() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }
    #[derive(Debug, Deserialize)]
    struct Unit;
    let rows = [
        (body::<String>("1").err(), "string_type", "Input should be a valid string", json!(1)),
        (body::<char>("1").err(), "string_type", "Input should be a valid string", json!(1)),
        (body::<i32>("[]").err(), "int_type", "Input should be a valid integer", json!([])),
        (body::<i32>(r#""x""#).err(), "int_parsing", INT_PARSING, json!("x")),
        (
            body::<i32>("4.2").err(),
            "int_from_float",
            "Input should be a valid integer, got a number with a fractional part",
            json!(4.2),
        ),
        (body::<f64>("[]").err(), "float_type", "Input should be a valid number", json!([])),
        (
            body::<f64>(r#""x""#).err(),
            "float_parsing",
            "Input should be a valid number, unable to parse string as a number",
            json!("x"),
        ),
        (body::<bool>("1.5").err(), "bool_type", "Input should be a valid boolean", json!(1.5)),
        (body::<bool>("1e20").err(), "bool_type", "Input should be a valid boolean", json!(1e20)),
        (
            body::<bool>(r#""x""#).err(),
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
            json!("x"),
        ),
        (
            body::<bool>("2").err(),
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
            json!(2),
        ),
        (
            body::<bool>("9223372036854775807").err(),
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
            json!(i64::MAX),
        ),
        (body::<Vec<i32>>("{}").err(), "list_type", "Input should be a valid list", json!({})),
        (body::<(i32, i32)>("1").err(), "tuple_type", "Input should be a valid tuple", json!(1)),
        (
            body::<BTreeMap<String, i32>>("[]").err(),
            "dict_type",
            "Input should be a valid dictionary",
            json!([]),
        ),
        (body::<Item>("[]").err(), "model_attributes_type", MODEL, json!([])),
        (body::<Item>(r#"["n", 1]"#).err(), "model_attributes_type", MODEL, json!(["n", 1])),
        (body::<()>("1").err(), "none_required", "Input should be None", json!(1)),
        (body::<Unit>("1").err(), "none_required", "Input should be None", json!(1)),
    ];
    for (got, kind, msg, input) in rows {
        assert_eq!(got, Some(json!([error(kind, json!(["body"]), msg, input)])));
    }
    for (text, input) in [("\"x\"", json!("x")), ("3", json!(3)), ("{}", json!({}))] {
        let mut want = error("enum", json!(["body"]), "Input should be 'small' or 'large'", input);
        want["ctx"] = json!({"expected": "'small' or 'large'"});
        assert_eq!(body::<Size>(text).err(), Some(json!([want])));
    }
}

#[test]
fn what_clearly_means_a_value_is_converted() {
    assert_eq!(body::<i32>(r#"" 1_000 ""#), Ok(1000));
    assert_eq!(body::<i32>("true"), Ok(1));
    assert_eq!(body::<f64>(r#""2.5""#), Ok(2.5));
    assert_eq!(body::<f32>("false"), Ok(0.0));
    assert_eq!(body::<bool>(r#""yes""#), Ok(true));
    assert_eq!(body::<bool>("0"), Ok(false));
    assert_eq!(body::<Item>(r#"{"name": "n", "price": "3"}"#), Ok(Item { name: "n".into(), price: 3.0 }));
    // A text is a text.
    assert_eq!(body::<String>("1").unwrap_err()[0]["type"], "string_type");
    assert_eq!(body::<u8>(r#""300""#).unwrap_err()[0]["type"], "less_than_equal");
}

#[test]
fn a_mark_before_the_body_is_passed_over() {
    assert_eq!(body("\u{feff}{\"name\": \"n\", \"price\": 1}"), Ok(Item { name: "n".into(), price: 1.0 }));
    assert!(check_json("\u{feff}[]".as_bytes()).is_ok());
}

#[test]
fn limits_of_fields() {
    const LIMITS: ParamOptions = ParamOptions {
        fields: &[
            ("name", ParamOptions { min_length: Some(2), ..ParamOptions::NONE }),
            ("price", ParamOptions { gt: Some(Bound::Int(0)), ..ParamOptions::NONE }),
        ],
        ..ParamOptions::NONE
    };
    assert_eq!(
        with(r#"{"name": "ab", "price": 1}"#, None, Some(&LIMITS)),
        Ok(Item { name: "ab".into(), price: 1.0 })
    );
    let errors = |text, embed| {
        let errors = with::<Item>(text, embed, Some(&LIMITS)).unwrap_err();
        let errors = errors.as_array().unwrap().iter();
        errors.map(|error| json!([error["type"], error["loc"], error["ctx"]])).collect::<Vec<_>>()
    };
    assert_eq!(
        errors(r#"{"name": "a", "price": "0"}"#, None),
        [
            json!(["string_too_short", ["body", "name"], {"min_length": 2}]),
            json!(["greater_than", ["body", "price"], {"gt": 0.0}]),
        ]
    );
    assert_eq!(
        errors(r#"{"x": {"name": "a"}}"#, Some("x")),
        [
            json!(["string_too_short", ["body", "x", "name"], {"min_length": 2}]),
            json!(["missing", ["body", "x", "price"], null]),
        ]
    );
    // They reach through lists and options.
    let errors =
        with::<Option<Vec<Item>>>(r#"[{"name": "a", "price": 1}]"#, None, Some(&LIMITS)).unwrap_err();
    assert_eq!(errors[0]["loc"], json!(["body", 0, "name"]));
}

#[test]
fn an_int_beyond_its_type_misses_a_limit() {
    let rows = [
        (
            body::<u8>("256").err(),
            "less_than_equal",
            "less than or equal to 255",
            json!(256),
            json!({"le": 255}),
        ),
        (
            body::<u8>("-1").err(),
            "greater_than_equal",
            "greater than or equal to 0",
            json!(-1),
            json!({"ge": 0}),
        ),
        (
            body::<i64>("1e300").err(),
            "less_than_equal",
            "less than or equal to 9223372036854775807",
            json!(1e300),
            json!({"le": i64::MAX}),
        ),
    ];
    for (got, kind, relation, input, ctx) in rows {
        let mut want = error(kind, json!(["body"]), &format!("Input should be {relation}"), input);
        want["ctx"] = ctx;
        assert_eq!(got, Some(json!([want])));
    }
}

#[test]
fn an_int_beyond_64_bits_is_exact() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wide {
        #[serde(default)]
        n: u8,
        wide: u128,
    }
    const LIMITS: ParamOptions = ParamOptions {
        ge: Some(Bound::Int(1)),
        fields: &[("wide", ParamOptions { ge: Some(Bound::Int(1)), ..ParamOptions::NONE })],
        ..ParamOptions::NONE
    };
    for wide in [u128::MAX, u128::MAX - 1, 1 << 127, (1 << 100) + 1, (1 << 64) + 1] {
        let text = format!(r#"{{"wide": {wide}}}"#);
        assert_eq!(with(&wide.to_string(), None, Some(&LIMITS)), Ok(wide));
        assert_eq!(with(&text, None, Some(&LIMITS)), Ok(Wide { n: 0, wide }));
        assert_eq!(with(&text, Some("wide"), Some(&LIMITS)), Ok(wide));
    }
    // Beside what has to be converted it is the nearest float, as everywhere in JSON.
    assert_eq!(body(r#"{"n": "3", "wide": 1.5e20}"#), Ok(Wide { n: 3, wide: 15 * 10_u128.pow(19) }));
    assert_eq!(body("1e2"), Ok(100_u128));
    let beyond = |result: Result<i128, Value>| result.unwrap_err()[0]["ctx"].clone();
    assert_eq!(body::<i128>("1e300").unwrap_err()[0]["type"], "less_than_equal");
    assert_eq!(body::<i128>("-1e300").unwrap_err()[0]["type"], "greater_than_equal");
    assert_eq!(beyond(with("-1e300", None, Some(&LIMITS))), json!({"ge": 1}));
}

#[test]
fn every_error_with_its_path() {
    let text = r#"{"items": [{"price": "x"}, 3, {"name": 1}, {"name": "n", "price": 1}], "note": 5, "tags": {"a": 3}}"#;
    let sent: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        body::<Order>(text),
        Err(json!([
            missing(json!(["body", "id"]), sent),
            missing(json!(["body", "items", 0, "name"]), json!({"price": "x"})),
            error(
                "float_parsing",
                json!(["body", "items", 0, "price"]),
                "Input should be a valid number, unable to parse string as a number",
                json!("x")
            ),
            error("model_attributes_type", json!(["body", "items", 1]), MODEL, json!(3)),
            error(
                "string_type",
                json!(["body", "items", 2, "name"]),
                "Input should be a valid string",
                json!(1)
            ),
            missing(json!(["body", "items", 2, "price"]), json!({"name": 1})),
            error("string_type", json!(["body", "note"]), "Input should be a valid string", json!(5)),
            error(
                "bool_parsing",
                json!(["body", "tags", "a"]),
                "Input should be a valid boolean, unable to interpret input",
                json!(3)
            ),
        ]))
    );
    assert_eq!(
        body::<Item>("{}"),
        Err(json!([
            missing(json!(["body", "name"]), json!({})),
            missing(json!(["body", "price"]), json!({}))
        ]))
    );
}

#[test]
fn keys_and_tuples_and_variants() {
    #[derive(Debug, PartialEq, Deserialize)]
    enum Shape {
        Round { radius: u8 },
        Square(u8),
        Pair(u8, u8),
        Point,
    }
    assert_eq!(with(r#"{"x": {"Square": 4}}"#, Some("x"), None), Ok(Shape::Square(4)));
    assert_eq!(
        body::<BTreeMap<u8, u8>>(r#"{"x": "y", "1": 2}"#),
        Err(json!([
            error("int_parsing", json!(["body", "x", "[key]"]), INT_PARSING, json!("x")),
            error("int_parsing", json!(["body", "x"]), INT_PARSING, json!("y")),
        ]))
    );
    assert_eq!(
        body::<(u8, u8, u8)>(r#"["x", 2]"#),
        Err(json!([
            error("int_parsing", json!(["body", 0]), INT_PARSING, json!("x")),
            missing(json!(["body", 2]), json!(["x", 2])),
        ]))
    );
    let int = |loc| error("int_parsing", loc, INT_PARSING, json!("x"));
    let rows = [
        (r#"{"Square": "x"}"#, int(json!(["body", "Square"]))),
        (r#"{"Round": {"radius": "x"}}"#, int(json!(["body", "Round", "radius"]))),
        (r#"{"Round": {}}"#, missing(json!(["body", "Round", "radius"]), json!({}))),
        (r#"{"Pair": ["x", 1]}"#, int(json!(["body", "Pair", 0]))),
        (
            r#"{"Point": 1}"#,
            error("none_required", json!(["body", "Point"]), "Input should be None", json!(1)),
        ),
    ];
    for (text, want) in rows {
        assert_eq!(body::<Shape>(text), Err(json!([want])), "{text}");
    }
}

#[test]
fn the_value_of_a_bad_key_is_looked_at_as_well() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }
    let no_size = |key: &str| {
        let mut error =
            error("enum", json!(["body", key, "[key]"]), "Input should be 'small' or 'large'", json!(key));
        error["ctx"] = json!({"expected": "'small' or 'large'"});
        error
    };
    assert_eq!(
        body::<BTreeMap<Size, u8>>(r#"{"huge": "y", "large": 2, "tiny": {}}"#),
        Err(json!([
            no_size("huge"),
            error("int_parsing", json!(["body", "huge"]), INT_PARSING, json!("y")),
            no_size("tiny"),
            error("int_type", json!(["body", "tiny"]), "Input should be a valid integer", json!({})),
        ]))
    );
}

#[test]
fn a_list_is_no_object_with_a_tag() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Pet {
        Cat { lives: u8 },
        Dog { name: String },
    }
    assert_eq!(body(r#"{"lives": 9, "kind": "cat"}"#), Ok(Pet::Cat { lives: 9 }));
    for sent in [json!([]), json!(["cat", 9]), json!([1, "x"]), json!([["cat", 9]]), json!("cat")] {
        let error = |loc, input| error("model_attributes_type", loc, MODEL, input);
        let one = body::<Pet>(&sent.to_string());
        assert_eq!(one, Err(json!([error(json!(["body"]), sent.clone())])), "{sent}");
        let many = body::<Vec<Pet>>(&json!([sent, {"kind": "dog", "name": "n"}, 3]).to_string());
        let want = [error(json!(["body", 0]), sent), error(json!(["body", 2]), json!(3))];
        assert_eq!(many, Err(json!(want)));
    }
    // What takes anything takes lists.
    assert_eq!(body(r#"["cat", 9]"#), Ok(json!(["cat", 9])));
}

#[test]
fn what_should_be_null_does_not_hide_other_errors() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Nothing;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Rest {
        unit: (),
        option: Option<()>,
        nothing: Nothing,
        n: u8,
    }
    let sent = json!({"unit": 1, "option": 2.5, "nothing": "x"});
    let none = |name: &str| {
        error("none_required", json!(["body", name]), "Input should be None", sent[name].clone())
    };
    assert_eq!(
        body::<Rest>(&sent.to_string()),
        Err(json!([
            none("unit"),
            none("option"),
            none("nothing"),
            missing(json!(["body", "n"]), sent.clone()),
        ]))
    );
}

#[test]
fn unknown_fields_all_at_once_and_last() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        z: u8,
        b: u8,
    }
    let extra = |name: &str, input| {
        error("extra_forbidden", json!(["body", name]), "Extra inputs are not permitted", input)
    };
    assert_eq!(
        body::<Strict>(r#"{"a": 1, "b": "x", "c": []}"#),
        Err(json!([
            missing(json!(["body", "z"]), json!({"a": 1, "b": "x", "c": []})),
            error("int_parsing", json!(["body", "b"]), INT_PARSING, json!("x")),
            extra("a", json!(1)),
            extra("c", json!([])),
        ]))
    );
}

#[test]
fn several_bodies_stand_under_their_keys() {
    let text = r#"{"f": {"name": "n", "price": 1}, "g": {"name": 1, "price": 1}, "h": 3}"#;
    assert_eq!(with(text, Some("f"), None), Ok(Item { name: "n".into(), price: 1.0 }));
    assert_eq!(
        with::<Item>(text, Some("g"), None),
        Err(json!([error(
            "string_type",
            json!(["body", "g", "name"]),
            "Input should be a valid string",
            json!(1)
        )]))
    );
    assert_eq!(
        with::<Item>(text, Some("h"), None),
        Err(json!([error("model_attributes_type", json!(["body", "h"]), MODEL, json!(3))]))
    );
    let want = json!([missing(json!(["body", "f"]), json!(null))]);
    for text in ["", "null", "{}", r#"{"f": null}"#] {
        assert_eq!(with::<Item>(text, Some("f"), None), Err(want.clone()), "{text}");
        assert_eq!(with::<Option<Item>>(text, Some("f"), None), Ok(None), "{text}");
    }
    for text in ["[]", "3", "\"f\""] {
        assert_eq!(with::<Option<Item>>(text, Some("f"), None), Err(want.clone()), "{text}");
    }
}

#[test]
fn an_empty_body() {
    let want = json!([missing(json!(["body"]), json!(null))]);
    assert_eq!(body::<Item>("null"), Err(want.clone()));
    assert_eq!(body::<i32>("null"), Err(want.clone()));
    assert_eq!(body::<Item>(""), Err(want.clone()));
    assert_eq!(body::<String>(""), Err(want.clone()));
    assert_eq!(body::<Vec<i32>>(""), Err(want));
    assert!(check_json(b"").is_ok());
}

#[test]
fn limits_of_a_body_that_is_one_value() {
    let options = ParamOptions { min_length: Some(3), ..ParamOptions::NONE };
    let mut want = error(
        "string_too_short",
        json!(["body", "note"]),
        "String should have at least 3 characters",
        json!("ab"),
    );
    want["ctx"] = json!({"min_length": 3});
    assert_eq!(with::<String>(r#"{"note": "ab"}"#, Some("note"), Some(&options)), Err(json!([want])));
    assert_eq!(with::<String>(r#"{"note": "abc"}"#, Some("note"), Some(&options)), Ok("abc".into()));
    let options = ParamOptions { min_length: Some(3), lt: Some(Bound::Int(3)), ..ParamOptions::NONE };
    let kinds = |text| {
        let errors = with::<Vec<u8>>(text, None, Some(&options)).unwrap_err();
        errors.as_array().unwrap().iter().map(|error| error["type"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("[1, 2]"), ["too_short"]);
    assert_eq!(kinds("[]"), ["too_short"]);
    assert_eq!(kinds("[1, 3]"), ["less_than"]);
    let options = ParamOptions { lt: Some(Bound::Int(3)), ..ParamOptions::NONE };
    let mut want = error("less_than", json!(["body", 1]), "Input should be less than 3", json!(3));
    want["ctx"] = json!({"lt": 3});
    assert_eq!(with::<Vec<u8>>("[1, 3]", None, Some(&options)), Err(json!([want])));
}

#[test]
fn what_is_no_json() {
    let rows = [
        ("{oops", 1, "Expecting property name enclosed in double quotes"),
        ("{1:2}", 1, "Expecting property name enclosed in double quotes"),
        (r#"{"a":1"#, 6, "Expecting ',' delimiter"),
        (r#"{"a":}"#, 5, "Expecting value"),
        (r#"{"a":1}x"#, 7, "Extra data"),
        (r#"{"a" 1}"#, 5, "Expecting ':' delimiter"),
        ("[1 2]", 3, "Expecting ',' delimiter"),
        (" ", 1, "Expecting value"),
        ("\n\n  x", 4, "Expecting value"),
        ("[1,]", 3, "Expecting value"),
        ("[NaN]", 1, "expected value"),
        (r#"{"a": {"#, 7, "Expecting property name enclosed in double quotes"),
        (r#"{"a": 1,"#, 8, "Expecting property name enclosed in double quotes"),
        (r#"{"a""#, 4, "Expecting ':' delimiter"),
        (r#"{"a": "b""#, 9, "Expecting ',' delimiter"),
        (r#"{"a": "b\"c"#, 6, "Unterminated string starting at"),
        ("[\"\u{e9}\" 1]", 5, "Expecting ',' delimiter"),
    ];
    for (text, offset, reason) in rows {
        let mut want = error("json_invalid", json!(["body", offset]), "JSON decode error", json!({}));
        want["ctx"] = json!({"error": reason});
        assert_eq!(body::<Item>(text), Err(json!([want])), "{text}");
        let checked = check_json(text.as_bytes()).unwrap_err();
        assert_eq!(serde_json::to_value(checked).unwrap(), want, "{text}");
    }
    let rows: [&[u8]; 5] = [b"\xff", b"\"abc", b"\"\\x\"", b"\"a\nb\"", b"nul"];
    for bytes in rows {
        let errors = from_json::<Item>(bytes, None, None).unwrap_err();
        assert_eq!((errors.len(), &*errors[0].kind), (1, "json_invalid"), "{bytes:?}");
    }
}

#[test]
fn hostile_bodies_neither_overflow_nor_take_long() {
    let deep = "[".repeat(100_000);
    assert_eq!(body::<Value>(&deep).unwrap_err()[0]["type"], "json_invalid");

    // Each of many items lacks a field.
    let many = format!("[{}{{}}]", "{},".repeat(100_000));
    let errors = body::<Vec<Item>>(&many).unwrap_err();
    assert_eq!(errors.as_array().unwrap().len(), 1000);

    // Each error would repeat a large object.
    let large = format!(r#"{{"pad": "{}"}}"#, "x".repeat(1_000_000));
    let errors = body::<Item>(&large).unwrap_err();
    assert_eq!(errors.as_array().unwrap().len(), 2);
    assert!(errors.to_string().len() < 1_000);
}

#[test]
fn many_errors_are_all_told() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Line {
        item: Item,
        size: Size,
        count: u8,
    }
    #[derive(Debug, Deserialize)]
    enum Size {
        Small,
    }
    let line = r#"{"item": {}, "size": "Large", "count": "x", "more": 1}"#;
    let errors = body::<Vec<Line>>(&format!("[{}{line}]", format!("{line},").repeat(149))).unwrap_err();
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), 150 * 5);
    let last: Vec<_> = errors[745..].iter().map(|error| json!([error["type"], error["loc"]])).collect();
    assert_eq!(
        last,
        [
            json!(["missing", ["body", 149, "item", "name"]]),
            json!(["missing", ["body", 149, "item", "price"]]),
            json!(["enum", ["body", 149, "size"]]),
            json!(["int_parsing", ["body", 149, "count"]]),
            json!(["extra_forbidden", ["body", 149, "more"]]),
        ]
    );
}

#[test]
fn what_one_item_lacks_another_may_have_under_another_name() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Named {
        #[serde(alias = "label")]
        name: String,
    }
    let errors = body::<Vec<Named>>(r#"[{}, {"label": "a"}, {"x": 1}, {"name": "b"}]"#).unwrap_err();
    let locs: Vec<_> = errors.as_array().unwrap().iter().map(|error| &error["loc"]).collect();
    assert_eq!(locs, [&json!(["body", 0, "name"]), &json!(["body", 2, "name"])]);
}

#[test]
fn an_enum_that_is_told_by_a_tag() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Pet {
        Cat { lives: u8 },
        Dog,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Owner {
        pet: Pet,
        n: u8,
    }
    assert_eq!(
        body(r#"{"pet": {"type": "cat", "lives": 9}, "n": 1}"#),
        Ok(Owner { pet: Pet::Cat { lives: 9 }, n: 1 })
    );
    assert_eq!(body(r#"{"type": "dog"}"#), Ok(Pet::Dog));
    let invalid = |tag: &str, input: Value| {
        let msg = format!(
            "Input tag '{tag}' found using 'type' does not match any of the expected tags: 'cat', 'dog'"
        );
        let mut error = error("union_tag_invalid", json!(["body", "pet"]), &msg, input);
        error["ctx"] = json!({"discriminator": "'type'", "tag": tag, "expected_tags": "'cat', 'dog'"});
        error
    };
    let mut untagged = error(
        "union_tag_not_found",
        json!(["body", "pet"]),
        "Unable to extract tag using discriminator 'type'",
        json!({"lives": 1}),
    );
    untagged["ctx"] = json!({"discriminator": "'type'"});
    let model = |input| error("model_attributes_type", json!(["body", "pet"]), MODEL, input);
    let n = error("int_parsing", json!(["body", "n"]), INT_PARSING, json!("x"));
    let rows = [
        (r#"{"type": "bird"}"#, invalid("bird", json!({"type": "bird"}))),
        (r#"{"type": 1}"#, invalid("1", json!({"type": 1}))),
        (r#"{"type": null}"#, invalid("None", json!({"type": null}))),
        (r#"{"lives": 1}"#, untagged),
        (r#"{"type": "cat"}"#, missing(json!(["body", "pet", "cat", "lives"]), json!({"type": "cat"}))),
        ("null", model(json!(null))),
        ("[]", model(json!([]))),
        ("\"x\"", model(json!("x"))),
    ];
    for (pet, want) in rows {
        assert_eq!(body::<Owner>(&format!(r#"{{"pet": {pet}, "n": "x"}}"#)), Err(json!([want, n])), "{pet}");
    }
    assert_eq!(body::<Pet>(r#"{"type": "bird"}"#).unwrap_err()[0]["loc"], json!(["body"]));
}

#[test]
fn an_enum_whose_content_stands_beside_its_tag() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "of")]
    enum Pet {
        Cat { lives: u8, name: String },
        Dog(u8),
        Fish,
    }
    assert_eq!(body(r#"{"of": {"lives": 9, "name": "n"}, "type": "Cat"}"#), {
        Ok(Pet::Cat { lives: 9, name: "n".into() })
    });
    assert_eq!(body(r#"{"type": "Fish"}"#), Ok(Pet::Fish));
    let int = |loc| error("int_parsing", loc, INT_PARSING, json!("x"));
    let rows = [
        (
            r#"{"type": "Cat", "of": {}}"#,
            json!([
                missing(json!(["body", "of", "lives"]), json!({})),
                missing(json!(["body", "of", "name"]), json!({})),
            ]),
        ),
        (
            r#"{"type": "Cat", "of": {"lives": "x"}}"#,
            json!([
                int(json!(["body", "of", "lives"])),
                missing(json!(["body", "of", "name"]), json!({"lives": "x"})),
            ]),
        ),
        (r#"{"type": "Dog", "of": "x"}"#, json!([int(json!(["body", "of"]))])),
        (r#"{"type": "Dog"}"#, json!([missing(json!(["body", "of"]), json!({"type": "Dog"}))])),
    ];
    for (text, want) in rows {
        assert_eq!(body::<Pet>(text), Err(want), "{text}");
    }
}

#[test]
fn a_field_that_is_there_and_yet_missing_is_told() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Inner {
        id: u8,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    let sent = json!({"id": 1});
    let mut want = error("value_error", json!(["body"]), "Value error, missing field `id`", sent.clone());
    want["ctx"] = json!({"error": {}});
    assert_eq!(body::<Outer>(&sent.to_string()).unwrap_err(), json!([want]));
}

#[test]
fn unknown_fields_of_a_variant_are_told_by_name() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", deny_unknown_fields)]
    enum Within {
        Cat { lives: u8 },
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "of", deny_unknown_fields)]
    enum Beside {
        Cat { lives: u8 },
    }
    let extra = |loc, input| error("extra_forbidden", loc, "Extra inputs are not permitted", input);
    assert_eq!(
        body::<Within>(r#"{"type": "Cat", "lives": 9, "x": 1}"#),
        Err(json!([extra(json!(["body", "Cat", "x"]), json!(1))]))
    );
    assert_eq!(
        body::<Beside>(r#"{"type": "Cat", "of": {"x": 1, "lives": "q", "y": []}}"#),
        Err(json!([
            error("int_parsing", json!(["body", "of", "lives"]), INT_PARSING, json!("q")),
            extra(json!(["body", "of", "x"]), json!(1)),
            extra(json!(["body", "of", "y"]), json!([])),
        ]))
    );
}

#[test]
fn types_that_contain_themselves() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    enum Tree {
        Node(Box<Tree>, Box<Tree>),
        Leaf(u8),
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Holder {
        tree: Tree,
        n: u8,
    }
    let errors = body::<Holder>(r#"{"tree": {"Node": [{"Leaf": "x"}, 3]}, "n": "y"}"#).unwrap_err();
    let locs: Vec<_> = errors.as_array().unwrap().iter().map(|error| error["loc"].clone()).collect();
    assert_eq!(
        locs,
        [
            json!(["body", "tree", "Node", 0, "Leaf"]),
            json!(["body", "tree", "Node", 1]),
            json!(["body", "n"])
        ]
    );
}
