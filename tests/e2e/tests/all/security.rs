//! Security parameters: credentials of every scheme, present, missing and broken; and the scopes along a chain.

use epilogue::prelude::*;
use epilogue_e2e::{Journal, Served, request};
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

struct Vault;

impl HttpScheme for Vault {
    const REALM: Option<&'static str> = Some(r#"the "red" vault"#);
    const SCHEME_NAME: Option<&'static str> = Some("BasicVault");
}

struct Login;

impl OAuth2Scheme for Login {
    const TOKEN_URL: &'static str = "token";
    const SCOPES: &'static [(&'static str, &'static str)] = &[("me", "Own data"), ("items", "Read items")];
}

impl OAuth2CodeScheme for Login {
    const AUTHORIZATION_URL: &'static str = "authorize";
}

impl OpenIdScheme for Login {
    const URL: &'static str = "https://login.example.com/.well-known/openid-configuration";
}

struct Key;

impl ApiKey for Key {
    const NAME: &'static str = "X-Key";
}

#[get("/basic")]
async fn basic(who: HttpBasic) -> String {
    format!("{}|{}", who.username, who.password.as_str())
}

#[get("/basic-realm")]
async fn basic_realm(who: HttpBasic<Vault>) -> String {
    who.username
}

#[get("/basic-optional")]
async fn basic_optional(who: Option<HttpBasic>) -> String {
    who.map_or("nobody".into(), |who| who.username)
}

#[get("/bearer")]
async fn bearer(bearer: HttpBearer) -> String {
    format!("{}|{}", bearer.scheme, bearer.credentials.as_str())
}

#[get("/bearer-optional")]
async fn bearer_optional(bearer: Option<HttpBearer>) -> String {
    bearer.map_or("nobody".into(), |bearer| bearer.credentials.into_inner())
}

#[get("/digest")]
async fn digest(digest: HttpDigest) -> String {
    format!("{}|{}", digest.scheme, digest.credentials.as_str())
}

#[get("/password-token")]
async fn password_token(token: OAuth2PasswordBearer<Login>) -> String {
    format!("<{}>", token.as_str())
}

#[get("/password-token-optional")]
async fn password_token_optional(token: Option<OAuth2PasswordBearer<Login>>) -> String {
    token.map_or("nobody".into(), |token| format!("<{}>", token.as_str()))
}

#[get("/code-token")]
async fn code_token(token: &OAuth2AuthorizationCodeBearer<Login>) -> String {
    format!("<{}>", token.as_str())
}

#[get("/open-id")]
async fn open_id(authorization: OpenIdConnect<Login>) -> String {
    authorization.into_inner()
}

#[get("/open-id-optional")]
async fn open_id_optional(authorization: Option<OpenIdConnect<Login>>) -> String {
    authorization.map_or("nobody".into(), OpenIdConnect::into_inner)
}

#[get("/key-header")]
async fn key_header(key: ApiKeyHeader<Key>) -> String {
    key.into_inner()
}

#[get("/key-query")]
async fn key_query(key: ApiKeyQuery<Key>) -> String {
    key.into_inner()
}

#[get("/key-cookie")]
async fn key_cookie(key: ApiKeyCookie<Key>) -> String {
    key.into_inner()
}

#[get("/key-optional")]
async fn key_optional(key: Option<ApiKeyQuery<Key>>) -> String {
    key.map_or("nobody".into(), ApiKeyQuery::into_inner)
}

#[post("/token")]
async fn token(form: OAuth2PasswordForm) -> Json<Value> {
    Json(json!({
        "grant_type": form.grant_type,
        "username": form.username,
        "password": form.password.as_str(),
        "scopes": form.scopes,
        "client_id": form.client_id,
        "client_secret": form.client_secret.as_deref(),
    }))
}

fn app() -> App {
    App::new().routes(routes![
        basic,
        basic_realm,
        basic_optional,
        bearer,
        bearer_optional,
        digest,
        password_token,
        password_token_optional,
        code_token,
        open_id,
        open_id_optional,
        key_header,
        key_query,
        key_cookie,
        key_optional,
        token,
    ])
}

async fn get(served: &Served, path: &str, header: Option<(&'static str, &str)>) -> Response<String> {
    let mut request = request("GET", path);
    if let Some((name, value)) = header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    served.send(request).await
}

#[track_caller]
fn assert_refused(response: &Response<String>, challenge: &str, case: &str) {
    assert_eq!(response.status(), 401, "{case}");
    assert_eq!(response.headers()["www-authenticate"], challenge, "{case}");
    assert_eq!(response.body(), r#"{"detail":"Not authenticated"}"#, "{case}");
}

#[tokio::test]
async fn the_authorization_header_is_read_as_fastapi_reads_it() {
    let served = Served::new(app()).await;
    // What `basic`, `bearer`, `digest`, a token and `open-id` make of each header; `None` is a 401.
    type Row = (&'static str, [Option<&'static str>; 5]);
    let rows: [Row; 14] = [
        ("", [None, None, None, None, None]),
        ("Bearer", [None, None, None, Some("<>"), Some("Bearer")]),
        ("Bearer x", [None, Some("Bearer|x"), None, Some("<x>"), Some("Bearer x")]),
        ("bearer  x y", [None, Some("bearer|x y"), None, Some("<x y>"), Some("bearer  x y")]),
        ("Basic", [None, None, None, None, Some("Basic")]),
        ("Basic !!", [None, None, None, None, Some("Basic !!")]),
        ("Basic YW5uOnB3", [Some("ann|pw"), None, None, None, Some("Basic YW5uOnB3")]),
        ("basic YW5uOnB3OmE=", [Some("ann|pw:a"), None, None, None, Some("basic YW5uOnB3OmE=")]),
        // In turn: without a colon, not ASCII, without padding, not base64.
        ("Basic YW5u", [None, None, None, None, Some("Basic YW5u")]),
        ("Basic w7w6eA==", [None, None, None, None, Some("Basic w7w6eA==")]),
        ("Basic YW5uOnB3OmE", [None, None, None, None, Some("Basic YW5uOnB3OmE")]),
        ("Basic YW5uOnB3!", [None, None, None, None, Some("Basic YW5uOnB3!")]),
        ("Digest x=1", [None, None, Some("Digest|x=1"), None, Some("Digest x=1")]),
        ("x", [None, None, None, None, Some("x")]),
    ];
    let schemes = [
        ("/basic", "Basic", 0),
        ("/basic-realm", r#"Basic realm="the \"red\" vault""#, 0),
        ("/bearer", "Bearer", 1),
        ("/digest", "Digest", 2),
        ("/password-token", "Bearer", 3),
        ("/code-token", "Bearer", 3),
        ("/open-id", "Bearer", 4),
    ];
    for (path, challenge, column) in schemes {
        assert_refused(&get(&served, path, None).await, challenge, path);
        for (header, expected) in rows {
            let case = format!("{path} {header:?}");
            let response = get(&served, path, Some(("authorization", header))).await;
            match expected[column] {
                None => assert_refused(&response, challenge, &case),
                Some(_) if path == "/basic-realm" => assert_eq!(response.body(), "ann", "{case}"),
                Some(body) => {
                    assert_eq!((response.status().as_u16(), response.body().as_str()), (200, body), "{case}")
                }
            }
        }
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn optional_credentials_may_be_missing_but_not_broken() {
    let served = Served::new(app()).await;
    for (path, header, expected) in [
        ("/basic-optional", None, Some("nobody")),
        ("/basic-optional", Some("Bearer x"), Some("nobody")),
        ("/basic-optional", Some("Basic YW5uOnB3"), Some("ann")),
        ("/basic-optional", Some("Basic !!"), None),
        ("/basic-optional", Some("Basic"), None),
        ("/bearer-optional", None, Some("nobody")),
        ("/bearer-optional", Some("Bearer"), Some("nobody")),
        ("/bearer-optional", Some("Basic YW5uOnB3"), Some("nobody")),
        ("/bearer-optional", Some("Bearer x"), Some("x")),
        ("/password-token-optional", None, Some("nobody")),
        ("/password-token-optional", Some("Basic x"), Some("nobody")),
        ("/password-token-optional", Some("Bearer"), Some("<>")),
        ("/open-id-optional", Some(""), Some("nobody")),
        ("/open-id-optional", Some("x"), Some("x")),
    ] {
        let case = format!("{path} {header:?}");
        let response = get(&served, path, header.map(|header| ("authorization", header))).await;
        match expected {
            Some(body) => {
                assert_eq!((response.status().as_u16(), response.body().as_str()), (200, body), "{case}")
            }
            None => assert_refused(&response, "Basic", &case),
        }
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn api_keys_are_looked_up_in_their_place() {
    let served = Served::new(app()).await;
    for (path, header, expected) in [
        ("/key-header", None, None),
        ("/key-header", Some(("x-key", "")), None),
        ("/key-header", Some(("x-key", "a key")), Some("a key")),
        ("/key-query", None, None),
        ("/key-query?X-Key=", None, None),
        ("/key-query?x-key=other", None, None),
        ("/key-query?X-Key=1&X-Key=2", None, Some("2")),
        ("/key-cookie", None, None),
        ("/key-cookie", Some(("cookie", "X-Key=")), None),
        ("/key-cookie", Some(("cookie", "a=b; X-Key=v")), Some("v")),
        ("/key-optional", None, Some("nobody")),
        ("/key-optional?X-Key=1", None, Some("1")),
    ] {
        let case = format!("{path} {header:?}");
        let response = get(&served, path, header).await;
        match expected {
            Some(body) => {
                assert_eq!((response.status().as_u16(), response.body().as_str()), (200, body), "{case}")
            }
            None => assert_refused(&response, "APIKey", &case),
        }
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn the_login_form_has_fastapis_fields_and_errors() {
    let served = Served::new(app()).await;
    let post = async |body: &'static str| {
        let request = http::Request::post("/token")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from_static(body.as_bytes())))
            .unwrap();
        let response = served.send(request).await;
        (response.status().as_u16(), serde_json::from_str::<Value>(response.body()).unwrap())
    };
    let missing =
        |name| json!({"type": "missing", "loc": ["body", name], "msg": "Field required", "input": null});
    let grant = json!({
        "type": "string_pattern_mismatch",
        "loc": ["body", "grant_type"],
        "msg": "String should match pattern '^password$'",
        "input": "foo",
        "ctx": {"pattern": "^password$"},
    });
    assert_eq!(
        post("username=a&password=b&scope=+x++y+").await,
        (
            200,
            json!({"grant_type": null, "username": "a", "password": "b", "scopes": ["x", "y"], "client_id": null, "client_secret": null})
        )
    );
    assert_eq!(
        post("grant_type=password&username=a&password=b&client_id=i&client_secret=s").await,
        (
            200,
            json!({"grant_type": "password", "username": "a", "password": "b", "scopes": [], "client_id": "i", "client_secret": "s"})
        )
    );
    for (body, errors) in [
        ("", json!([missing("username"), missing("password")])),
        ("username=a", json!([missing("password")])),
        ("username=a&password=b&grant_type=foo", json!([grant])),
        ("grant_type=foo&password=", json!([grant, missing("username"), missing("password")])),
    ] {
        assert_eq!(post(body).await, (422, json!({ "detail": errors })), "{body}");
    }
    served.stop().await.unwrap();
}

#[dependency]
fn before(journal: State<Journal>) {
    journal.write("before");
}

#[dependency]
fn after(journal: State<Journal>) {
    journal.write("after");
}

#[dependency]
fn broken(n: Query<u32>) -> u32 {
    *n
}

#[get("/turn")]
async fn turn(
    _n: Query<u32>,
    _broken: Depends<broken>,
    _before: Depends<before>,
    token: HttpBearer,
    _after: Depends<after>,
) -> String {
    token.credentials.into_inner()
}

#[dependency]
fn guarded(_before: Depends<before>, token: HttpBearer, _after: Depends<after>) -> String {
    token.credentials.into_inner()
}

#[get("/tolerant")]
async fn tolerant(guarded: Result<Depends<guarded>, Rejection>) -> Result<String, Rejection> {
    guarded.map(|token| token.to_string())
}

#[get("/indifferent")]
async fn indifferent(guarded: Option<Depends<guarded>>) -> String {
    guarded.map_or("nobody".into(), |token| token.to_string())
}

#[tokio::test]
async fn credentials_are_read_at_their_turn_and_win_over_validation() {
    let (journal, mut entries) = Journal::new();
    let served = Served::new(App::new().state(journal).routes(routes![turn, tolerant, indifferent])).await;

    assert_refused(&served.get("/turn").await, "Bearer", "without");
    assert_eq!(entries.now(), ["before"]);
    assert_eq!(get(&served, "/turn", Some(("authorization", "Bearer x"))).await.status(), 422);
    assert_eq!(entries.now(), ["before", "after"]);
    assert_eq!(get(&served, "/turn?n=1", Some(("authorization", "Bearer x"))).await.body(), "x");
    assert_eq!(entries.now(), ["before", "after"]);

    assert_refused(&served.get("/tolerant").await, "Bearer", "a dependency that may fail");
    assert_eq!(served.get("/indifferent").await.body(), "nobody");
    assert_eq!(get(&served, "/indifferent", Some(("authorization", "Bearer x"))).await.body(), "x");
    served.stop().await.unwrap();
}

#[dependency]
fn session(journal: State<Journal>) {
    journal.write("session");
}

#[dependency]
fn scoped(
    journal: State<Journal>,
    required: SecurityScopes,
    _session: Depends<session>,
) -> Vec<&'static str> {
    journal.write(format!("scoped {}", required.scope_str()));
    required.to_vec()
}

#[dependency]
fn with_me(#[param(scopes("me"))] scopes: Depends<scoped>) -> Vec<&'static str> {
    scopes.to_vec()
}

#[dependency]
fn with_me_and_items(#[param(scopes("items", "me"))] scopes: Depends<with_me>) -> Vec<&'static str> {
    scopes.to_vec()
}

#[get("/chain")]
async fn chain(#[param(scopes("admin"))] scopes: Depends<with_me_and_items>) -> String {
    scopes.join(" ")
}

#[get("/below")]
async fn below(
    #[param(scopes("a"))] one: Depends<with_me>,
    #[param(scopes("b"))] two: Depends<with_me>,
) -> String {
    format!("{}, {}", one.join(" "), two.join(" "))
}

#[get("/sets", dependencies(scoped))]
async fn sets(
    none: Depends<scoped>,
    #[param(scopes("a"))] one: Depends<scoped>,
    #[param(scopes("a", "b"))] two: Option<Depends<scoped>>,
    #[param(scopes("b", "a"))] turned: Depends<scoped>,
    #[param(scopes("a"))] fresh: Depends<Fresh<scoped>>,
    _session: Depends<session>,
    own: SecurityScopes,
) -> Json<Value> {
    Json(json!([*none, *one, two.as_deref(), *turned, *fresh, own.to_vec()]))
}

#[dependency]
fn other_scopes(required: SecurityScopes) -> Vec<&'static str> {
    [&["other"], &*required].concat()
}

#[dependency]
fn no_scopes() -> Vec<&'static str> {
    vec!["none"]
}

#[tokio::test]
async fn scopes_grow_along_the_chain_and_tell_outputs_apart() {
    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![chain, below, sets]);
    let served = Served::new(app.clone()).await;
    assert_eq!(served.get("/chain").await.body(), "admin items me");
    assert_eq!(entries.now(), ["session", "scoped admin items me"]);
    assert_eq!(served.get("/below").await.body(), "a me, b me");
    assert_eq!(entries.now(), ["session", "scoped a me", "scoped b me"]);

    let body = served.get("/sets").await.into_body();
    assert_eq!(body, r#"[[],["a"],["a","b"],["a","b"],["a"],[]]"#);
    assert_eq!(entries.now(), ["session", "scoped ", "scoped a", "scoped a b", "scoped a"]);
    served.stop().await.unwrap();

    // An override gets the scopes of what it replaces, if it asks for them.
    let served = Served::new(app.clone().override_dependency_with::<scoped, other_scopes>()).await;
    assert_eq!(served.get("/chain").await.body(), "other admin items me");
    served.stop().await.unwrap();
    for app in [
        app.clone().override_dependency_with::<scoped, no_scopes>(),
        app.override_dependency::<scoped>(|| vec!["none"]),
    ] {
        let served = Served::new(app).await;
        assert_eq!(served.get("/sets").await.body(), r#"[["none"],["none"],["none"],["none"],["none"],[]]"#);
        served.stop().await.unwrap();
    }
}

#[test]
fn the_graph_shows_each_scheme() {
    let graph = app().graph();
    let values = |label: &str| graph.nodes.iter().find(|node| node.label == label).unwrap().values.clone();
    assert_eq!(values("GET /basic"), ["security HTTPBasic"]);
    assert_eq!(values("GET /basic-realm"), ["security BasicVault"]);
    assert_eq!(values("GET /bearer-optional"), ["security HTTPBearer"]);
    assert_eq!(values("GET /code-token"), ["security OAuth2AuthorizationCodeBearer"]);
    assert_eq!(values("GET /key-cookie"), ["security APIKeyCookie"]);
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        HttpBasic::<()>::new("ann", "hidden"),
        HttpBearer::<()>::new("hidden"),
        ApiKeyHeader::<Key>::new("hidden"),
        OAuth2PasswordBearer::<Login>::new("hidden"),
        OAuth2PasswordForm::new("ann", "hidden"),
    );
    assert!(!shown.contains("hidden"), "{shown}");
    assert!(shown.contains("ann"), "{shown}");
}
