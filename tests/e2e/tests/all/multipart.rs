//! Multipart forms: texts and files, what is wrong with them, and what becomes of large ones.

use std::sync::Arc;

use bytes::Bytes;
use epilogue::prelude::*;
use epilogue::testing::{Multipart, TestClient};
use epilogue_e2e::{Entries, Journal, Served, errors};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

const MEBI: usize = 1024 * 1024;

#[derive(Deserialize, Serialize)]
struct Note {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    stars: Option<u8>,
}

#[post("/note")]
async fn note(note: Form<Note>) -> Json<Note> {
    Json(note.into_inner())
}

#[post("/texts")]
async fn texts(title: Form<String>, tags: Form<Vec<u32>>, #[param(default = 5)] stars: Form<u8>) -> String {
    format!("{} {:?} {}", *title, *tags, *stars)
}

/// What is not UTF-8 counts with the length in which it was sent, although it is longer once it is read as Latin-1.
#[tokio::test]
async fn texts_in_another_encoding_count_as_they_were_sent() {
    let client = TestClient::new(App::new().routes(routes![texts]).body_limit(1000).upload_limit(MEBI));
    for (rest, status) in [(50, 200), (2000, 413)] {
        let mut body = b"--B\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\n".to_vec();
        body.resize(body.len() + 900, 0xff);
        body.extend(b"\r\n--B\r\ncontent-disposition: form-data; name=\"other\"\r\n\r\n");
        body.resize(body.len() + rest, b'x');
        body.extend(b"\r\n--B--\r\n");
        let request = client.post("/texts").header("content-type", "multipart/form-data; boundary=B");
        assert_eq!(request.body(body).send().await.status(), status, "{rest}");
    }
}

/// A cut part must not pass as the file, whether or not the rest has come already.
#[tokio::test]
async fn a_boundary_that_goes_on_as_none_does_is_refused() {
    let client = TestClient::new(App::new().routes(routes![file]));
    let head = "--B\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\nline 1\r\n";
    for (boundary, status) in [("--B", 200), ("--B ", 200), ("--Bcde", 400), ("--B-", 400), ("--B\n", 400)] {
        for rest in ["", "\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nx\r\n--B--\r\n"] {
            let request = client.post("/file").header("content-type", "multipart/form-data; boundary=B");
            let reply = request.body(format!("{head}{boundary}{rest}")).send().await;
            if rest.is_empty() {
                // As in FastAPI, a body that ends too early counts as what has come of it.
                assert!([200, status].contains(&reply.status().as_u16()), "{boundary:?}");
            } else {
                assert_eq!(reply.status(), status, "{boundary:?}");
            }
            if status == 400 && reply.status() == 400 {
                assert_eq!(reply.json::<Value>(), json!({"detail": "Invalid multipart data."}));
            }
        }
    }
}

#[post("/login")]
async fn login(form: OAuth2PasswordForm) -> String {
    form.username
}

#[post("/file")]
async fn file(photo: File<UploadFile>, title: Form<Option<String>>) -> Result<String, HttpError> {
    let content = photo.bytes().await?;
    let sum: u64 = content.iter().map(|byte| u64::from(*byte)).sum();
    Ok(format!(
        "{} {:?} {} {sum} {:?}",
        photo.filename(),
        photo.content_type(),
        photo.len(),
        title.as_deref()
    ))
}

#[post("/files")]
async fn files(
    cover: File<Option<UploadFile>>,
    #[param(alias = "page", min_length = 1, max_length = 2)] pages: File<Vec<UploadFile>>,
) -> String {
    let names: Vec<_> = pages.iter().map(UploadFile::filename).collect();
    format!("{:?} {names:?}", cover.as_ref().map(UploadFile::filename))
}

#[dependency]
fn uploaded(journal: State<Journal>, photo: File<UploadFile>) -> u64 {
    journal.write("dependency");
    photo.len()
}

async fn keep(photo: UploadFile, journal: Arc<Journal>) -> std::io::Result<()> {
    let path = std::env::temp_dir().join(format!("epilogue-upload-{}-{}", std::process::id(), photo.len()));
    photo.save_to(&path).await?;
    let saved = tokio::fs::read(&path).await?;
    tokio::fs::remove_file(&path).await?;
    let mut read = Vec::new();
    photo.reader().await?.read_to_end(&mut read).await?;
    journal.write(format!("kept {} {}", saved.len(), saved == read && saved == photo.bytes().await?));
    Ok(())
}

#[post("/later")]
async fn later(
    len: Depends<uploaded>,
    photo: File<UploadFile>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> String {
    tasks.add_task(keep, (photo.into_inner(), Arc::new(Journal::clone(&journal))));
    len.to_string()
}

#[post("/both")]
async fn both(title: Form<String>, whole: Bytes) -> String {
    format!("{} {}", *title, whole.len())
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let routes = routes![note, texts, login, file, files, later, both];
    (App::new().routes(routes).state(journal), entries)
}

fn client() -> TestClient {
    TestClient::new(app().0)
}

async fn answer(path: &str, form: Multipart) -> (u16, String) {
    let reply = client().post(path).multipart(form).send().await;
    (reply.status().as_u16(), reply.text())
}

fn missing(name: &str) -> Value {
    json!({"type": "missing", "loc": ["body", name], "msg": "Field required", "input": null})
}

#[tokio::test]
async fn texts_are_read_as_those_of_any_form() {
    let form = Multipart::new().text("title", "é").text("tags", "1").text("tags", "2").text("stars", "");
    assert_eq!(answer("/texts", form.clone()).await, (200, "é [1, 2] 5".into()));
    assert_eq!(answer("/note", form).await, (200, r#"{"title":"é","tags":["1","2"],"stars":null}"#.into()));
    // In a struct, a field that was left empty is a text where a text is wanted.
    let form = Multipart::new().text("title", "").text("tags", "1").text("tags", "");
    assert_eq!(answer("/note", form).await, (200, r#"{"title":"","tags":["1",""],"stars":null}"#.into()));
    let form = Multipart::new().text("username", "ann").text("password", "x");
    assert_eq!(answer("/login", form).await, (200, "ann".into()));

    let bad = Multipart::new().text("tags", "x").text("title", "");
    let reply = client().post("/texts").multipart(bad).send().await;
    assert_eq!(reply.status(), 422);
    let errors: Value = reply.json();
    assert_eq!(errors["detail"][0], missing("title"));
    assert_eq!(errors["detail"][1]["loc"], json!(["body", "tags", 0]));
}

#[tokio::test]
async fn files_in_memory_and_on_disk() {
    for len in [0, 1, MEBI, MEBI + 1, 5 * MEBI] {
        let form =
            Multipart::new().file("photo", "a \"cat\".png", "image/png", vec![1; len]).text("title", "x");
        let want = format!("a %22cat%22.png Some(\"image/png\") {len} {len} Some(\"x\")");
        assert_eq!(answer("/file", form).await, (200, want), "{len} bytes");
    }
}

#[tokio::test]
async fn several_files_and_none() {
    let page = |form: Multipart, name| form.file("page", name, "text/plain", "x");
    let one = page(Multipart::new(), "1");
    assert_eq!(answer("/files", one.clone()).await, (200, r#"None ["1"]"#.into()));
    let two = page(one, "2").file("cover", "first", "a/b", "").file("cover", "last", "a/b", "");
    assert_eq!(answer("/files", two.clone()).await, (200, r#"Some("last") ["1", "2"]"#.into()));

    let three = client().post("/files").multipart(page(two, "3")).send().await.json::<Value>();
    assert_eq!(three["detail"][0]["type"], "too_long");
    assert_eq!(three["detail"][0]["ctx"], json!({"field_type": "List", "max_length": 2, "actual_length": 3}));

    // What a browser sends if no file was chosen is not a file.
    let unchosen = Multipart::new().file("page", "", "application/octet-stream", "");
    let reply = client().post("/files").multipart(unchosen).send().await;
    assert_eq!((reply.status().as_u16(), reply.json()), (422, json!({"detail": [missing("page")]})));
}

#[tokio::test]
async fn a_file_that_is_missing_or_a_text() {
    let reply = client().post("/file").multipart(Multipart::new().text("title", "x")).send().await;
    assert_eq!((reply.status().as_u16(), reply.json()), (422, json!({"detail": [missing("photo")]})));
    let reply = client().post("/file").send().await;
    assert_eq!((reply.status().as_u16(), reply.json()), (422, json!({"detail": [missing("photo")]})));

    let no_file = |loc: Value| {
        json!({"detail": [{
            "type": "value_error",
            "loc": loc,
            "msg": "Value error, Expected UploadFile, received: <class 'str'>",
            "input": "cat.png",
            "ctx": {"error": {}},
        }]})
    };
    let text = Multipart::new().text("photo", "cat.png");
    assert_eq!(
        client().post("/file").multipart(text).send().await.json::<Value>(),
        no_file(json!(["body", "photo"]))
    );
    let encoded = client().post("/file").form(&[("photo", "cat.png")]).send().await;
    assert_eq!(encoded.json::<Value>(), no_file(json!(["body", "photo"])));
    let encoded = client().post("/files").form(&[("page", "cat.png")]).send().await;
    assert_eq!(encoded.json::<Value>(), no_file(json!(["body", "page", 0])));

    // A text that was left empty is absent where one file is wanted, but an item where a list is.
    let reply = client().post("/file").multipart(Multipart::new().text("photo", "")).send().await;
    assert_eq!(reply.json::<Value>(), json!({"detail": [missing("photo")]}));
    let reply = client().post("/files").multipart(Multipart::new().text("page", "")).send().await;
    assert_eq!(reply.json::<Value>()["detail"][0]["loc"], json!(["body", "page", 0]));
}

#[post("/typed")]
async fn typed(on: Form<bool>, n: Form<Vec<i32>>, ratio: Form<Option<f64>>, text: Form<String>) -> String {
    format!("{} {:?} {:?} {}", *on, *n, *ratio, *text)
}

#[tokio::test]
async fn a_file_is_no_value_of_a_field() {
    let client = TestClient::new(App::new().routes(routes![typed]));
    let form = ["on", "n", "ratio", "text"]
        .into_iter()
        .fold(Multipart::new(), |form, name| form.file(name, "f.txt", "text/plain", "1"));
    let told = errors(client.post("/typed").multipart(form)).await;
    let want = json!([
        ["bool_type", ["body", "on"]],
        ["int_type", ["body", "n", 0]],
        ["float_type", ["body", "ratio"]],
        ["string_type", ["body", "text"]],
    ]);
    assert_eq!(Value::from_iter(told), want);
}

#[derive(Debug, Deserialize)]
struct Letter {
    to: String,
    text: String,
}

#[post("/letter")]
async fn letter(form: Form<Letter>) -> String {
    format!("{}: {}", form.to, form.text)
}

#[tokio::test]
async fn a_file_is_no_value_of_a_field_however_long_the_others_are() {
    let client = TestClient::new(App::new().routes(routes![letter]));
    for length in [1, 10_000] {
        let long = "x".repeat(length);
        let form =
            Multipart::new().file("to", "f.txt", "text/plain", "1").text("text", &long).text(&long, "");
        let told = errors(client.post("/letter").multipart(form)).await;
        assert_eq!(Value::from_iter(told), json!([["string_type", ["body", "to"]]]), "{length}");
    }
}

#[derive(Debug, Deserialize)]
struct Titled {
    title: String,
    #[serde(flatten)]
    signed: Signed,
}

#[derive(Debug, Deserialize)]
struct Signed {
    by: String,
}

#[post("/titled")]
async fn titled(form: Form<Titled>) -> String {
    format!("{} by {}", form.title, form.signed.by)
}

#[tokio::test]
async fn a_file_is_no_field_beside_or_in_a_flattened_struct() {
    for [file, text] in [["title", "by"], ["by", "title"]] {
        let form = Multipart::new().file(file, "a.txt", "text/plain", "x").text(text, "x");
        let client = TestClient::new(App::new().routes(routes![titled]));
        let reply = client.post("/titled").multipart(form).send().await;
        let errors = reply.json::<Value>();
        assert_eq!(
            (&errors["detail"][0]["type"], &errors["detail"][0]["loc"]),
            (&json!("missing"), &json!(["body", file]))
        );
    }
}

#[tokio::test]
async fn what_is_malformed_is_refused_before_anything_runs() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    let whole = "--b\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
    let nameless = "--b\r\ncontent-disposition: form-data; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
    let many = "--b\r\ncontent-disposition: form-data; name=\"t\"\r\n\r\n\r\n".repeat(1001) + "--b--\r\n";
    const INVALID: &str = "Invalid multipart data.";
    for (content_type, body, detail) in [
        ("multipart/form-data", whole, "Missing boundary in multipart."),
        ("multipart/form-data; boundary=other", whole, INVALID),
        ("multipart/form-data; boundary=b", "garbage", INVALID),
        ("multipart/form-data; boundary=b", &format!("before\r\n{whole}"), INVALID),
        ("multipart/form-data; boundary=b", &whole.replace("\r\n", "\n"), INVALID),
        ("multipart/form-data; boundary=b", &whole.replace("disposition:", "disposition"), INVALID),
        (
            "multipart/form-data; boundary=b",
            nameless,
            "The Content-Disposition header field \"name\" must be provided.",
        ),
        ("multipart/form-data; boundary=b", &many, "Too many fields. Maximum number of fields is 1000."),
    ] {
        let reply =
            client.post("/later").header("content-type", content_type).body(body.to_owned()).send().await;
        let want = json!({ "detail": detail });
        assert_eq!((reply.status().as_u16(), reply.json()), (400, want), "{content_type} {body}");
    }
    assert_eq!(entries.now(), [""; 0]);
    for content_type in [
        "Multipart/Form-Data; boundary=\"b\"",
        "multipart/form-data ; boundary=b",
        "multipart/form-data;charset=utf-8 \t;\tboundary=b ",
    ] {
        let reply =
            client.post("/later").header("content-type", content_type).body(whole.to_owned()).send().await;
        assert_eq!((reply.status().as_u16(), &*reply.text()), (200, "1"), "{content_type}");
        assert_eq!(entries.now(), ["dependency", "kept 1 true"]);
    }
}

/// Where the end of the body has not come with the form, nobody can tell where the next request begins.
#[tokio::test]
async fn a_form_whose_body_goes_on_ends_the_connection() {
    let served = Served::new(app().0).await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
    for (headers, body, status) in [
        ("content-length: 100", "garbage", 400),
        ("transfer-encoding: chunked", &format!("{:x}\r\n{form}\r\n", form.len()), 200),
    ] {
        let mut client = served.connect().await;
        let head = "POST /later HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=b";
        client.write(format!("{head}\r\n{headers}\r\n\r\n{body}")).await;
        let reply = client.read_to_end().await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{reply}");
        assert!(reply.contains("connection: close\r\n"), "{reply}");
    }
    served.stop().await.unwrap();
}

/// As in FastAPI, a part that is not complete does not count.
#[tokio::test]
async fn what_ends_too_early_is_the_parts_that_it_has() {
    let whole = "\r\n--b\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nx\r\n\
        --b\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
    let client = client();
    let sent = async |body: &str| {
        let request = client.post("/file").header("content-type", "multipart/form-data; boundary=b");
        request.body(body.to_owned()).send().await
    };
    assert_eq!(sent(whole).await.text(), "x None 1 120 Some(\"x\")");
    for end in (0..=5).chain([30, 60, 100, 130, whole.len() - 10]) {
        let reply = sent(&whole[..end]).await;
        let want = json!({"detail": [missing("photo")]});
        assert_eq!((reply.status().as_u16(), reply.json()), (422, want), "{:?}", &whole[..end]);
    }
}

#[tokio::test]
async fn a_path_is_no_name_of_a_file() {
    for (sent, want) in [
        (r"C:\photos\cat.png", "cat.png"),
        (r"\\host\photos\cat.png", "cat.png"),
        ("../cat.png", "../cat.png"),
        (r"a\cat.png", r"a\cat.png"),
    ] {
        let form = Multipart::new().file("photo", sent, "image/png", "x");
        let (status, text) = answer("/file", form).await;
        assert_eq!((status, text.split(' ').next()), (200, Some(want)));
    }
}

#[tokio::test]
async fn files_and_texts_have_their_limits() {
    let (app, _entries) = app();
    let client = TestClient::new(app.body_limit(1000).upload_limit(3 * MEBI));
    let text = |len: usize| Multipart::new().text("title", &"x".repeat(len));
    for (form, status) in [
        (text(900).file("photo", "x", "a/b", vec![0; 2 * MEBI]), 200),
        (text(1001).file("photo", "x", "a/b", "x"), 413),
        (text(600).text("title", &"y".repeat(600)).file("photo", "x", "a/b", "x"), 413),
        (text(1).file("photo", "x", "a/b", vec![0; 3 * MEBI]), 413),
    ] {
        assert_eq!(client.post("/file").multipart(form).send().await.status(), status);
    }
}

#[tokio::test]
async fn a_router_may_take_larger_files_than_the_rest_of_the_app() {
    let large = Router::new("/large").upload_limit(3 * MEBI).routes(routes![file]);
    let client = TestClient::new(App::new().upload_limit(MEBI).routes(routes![file]).router(large));
    for (path, status) in [("/file", 413), ("/large/file", 200)] {
        let form = Multipart::new().file("photo", "x", "a/b", vec![0; 2 * MEBI]);
        assert_eq!(client.post(path).multipart(form).send().await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_form_may_be_read_as_bytes_too() {
    let (status, text) = answer("/both", Multipart::new().text("title", "x")).await;
    assert_eq!(status, 200);
    assert!(text.starts_with("x 1"), "{text}");
}

#[tokio::test]
async fn a_large_file_goes_into_a_task() {
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    let content: String = "0123456789abcdef".repeat(3 * MEBI / 16);
    let head = "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x\"\r\n\r\n";
    let body = format!("{head}{content}\r\n--b--\r\n");
    let request = http::Request::post("/later")
        .header("host", "localhost")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::new(Bytes::from(body.clone())))
        .unwrap();
    let reply = served.send(request).await;
    assert_eq!((reply.status().as_u16(), reply.body().as_str()), (200, "3145728"));
    assert_eq!(entries.take(2).await, ["dependency", "kept 3145728 true"]);

    // In pieces so small that they cut every boundary and head somewhere.
    let mut raw = served.connect().await;
    raw.write(
        "POST /later HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n",
    )
    .await;
    raw.write("content-type: multipart/form-data; boundary=b\r\n\r\n").await;
    let small = body.replace(&content, "12\r\n--\r3");
    for piece in small.as_bytes().chunks(3) {
        raw.write(format!("{:x}\r\n", piece.len())).await;
        raw.write(piece).await;
        raw.write("\r\n").await;
        tokio::task::yield_now().await;
    }
    raw.write("0\r\n\r\n").await;
    let reply = raw.read_to_end().await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("\r\n\r\n8"), "{reply}");
    assert_eq!(entries.take(2).await, ["dependency", "kept 8 true"]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_head_of_a_part_has_an_end() {
    let served = Served::new(app().0).await;
    let body = format!("--b\r\ncontent-disposition: {}", "x".repeat(2 * MEBI));
    let request = http::Request::post("/file")
        .header("host", "localhost")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let mut client = served.http1().await;
    // The server may close the connection before it has read all of the body.
    if let Ok(reply) = client.send_request(request).await {
        assert_eq!(reply.status(), 400);
    }
    served.stop().await.unwrap();
}

#[post("/optional-files")]
async fn optional_files(
    #[param(max_length = 1)] photos: File<Option<Vec<UploadFile>>>,
    bytes: File<Option<Vec<Bytes>>>,
) -> String {
    let names = photos.as_ref().map(|photos| photos.iter().map(UploadFile::filename).collect::<Vec<_>>());
    format!("{names:?} {:?}", bytes.as_ref().map(|bytes| bytes.iter().map(Bytes::len).collect::<Vec<_>>()))
}

#[tokio::test]
async fn a_list_of_files_may_be_optional() {
    let client = TestClient::new(App::new().routes(routes![optional_files]));
    let sent = |form| client.post("/optional-files").multipart(form);
    assert_eq!(sent(Multipart::new().text("other", "x")).send().await.text(), "None None");
    let form =
        Multipart::new().file("photos", "a.png", "image/png", "a").file("bytes", "b", "text/plain", "bb");
    assert_eq!(sent(form).send().await.text(), r#"Some(["a.png"]) Some([2])"#);
    let form =
        Multipart::new().file("photos", "a.png", "image/png", "a").file("photos", "b.png", "image/png", "b");
    let reply = sent(form).send().await;
    assert_eq!(reply.json::<Value>()["detail"][0]["type"], "too_long");
}
