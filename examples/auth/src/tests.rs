use epilogue::testing::{TestClient, TestResponse};
use serde_json::{Value, json};

use super::*;

/// Logs in and returns the `Authorization` header.
async fn authorization(client: &TestClient, user: &str, password: &str, scope: &str) -> String {
    let form = [("username", user), ("password", password), ("scope", scope)];
    let reply = client.post("/token").form(&form).send().await;
    assert_eq!(reply.status(), StatusCode::OK);
    let token: Value = reply.json();
    format!("Bearer {}", token["access_token"].as_str().unwrap())
}

fn refused_with(reply: &TestResponse, status: StatusCode, detail: &str) -> bool {
    reply.status() == status && reply.json::<Value>() == json!({ "detail": detail })
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_allow() {
    let client = TestClient::new(app());

    let all = authorization(&client, "ann", "swordfish", "me items").await;
    let reply = client.get("/users/me").header("authorization", &all).send().await;
    assert_eq!(reply.json::<Value>(), json!({ "name": "ann", "disabled": false }));
    let reply = client.get("/users/me/items").header("authorization", &all).send().await;
    assert_eq!(reply.json::<Value>(), json!(["ann's towel"]));

    let me_only = authorization(&client, "ann", "swordfish", "me").await;
    let reply = client.get("/users/me/items").header("authorization", &me_only).send().await;
    assert!(refused_with(&reply, StatusCode::UNAUTHORIZED, "Not enough permissions"));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer scope=\"items me\""));
}

#[tokio::test]
async fn who_may_not_have_a_scope_is_not_given_it() {
    let client = TestClient::new(app());
    let form = [("username", "bob"), ("password", "12345"), ("scope", "me items")];
    let token: Value = client.post("/token").form(&form).send().await.json();
    assert_eq!(token["scope"], "me");
}

#[tokio::test]
async fn a_wrong_password_no_token_and_a_wrong_token_are_refused() {
    let client = TestClient::new(app());

    let form = [("username", "ann"), ("password", "guess")];
    let reply = client.post("/token").form(&form).send().await;
    assert!(refused_with(&reply, StatusCode::BAD_REQUEST, "Incorrect username or password"));

    let reply = client.get("/users/me").send().await;
    assert!(refused_with(&reply, StatusCode::UNAUTHORIZED, "Not authenticated"));

    let reply = client.get("/users/me").header("authorization", "Bearer guess").send().await;
    assert!(refused_with(&reply, StatusCode::UNAUTHORIZED, "Invalid authentication credentials"));
}

#[tokio::test]
async fn a_disabled_user_is_refused() {
    let client = TestClient::new(app());
    let bob = authorization(&client, "bob", "12345", "me").await;
    let reply = client.get("/users/me").header("authorization", &bob).send().await;
    assert!(refused_with(&reply, StatusCode::BAD_REQUEST, "Inactive user"));
}

/// Most tests of an app are not about its login: they override the user.
#[tokio::test]
async fn a_test_says_who_the_user_is() {
    let client = TestClient::new(app().override_dependency::<active_user>(|| USERS[0]));
    let reply = client.get("/users/me/items").send().await;
    assert_eq!(reply.json::<Value>(), json!(["ann's towel"]));
}
