use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

/// Sends a request in the way that axum's users do in tests.
async fn send(router: &axum::Router, method: &str, path: &str, user: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(user) = user {
        request = request.header("authorization", format!("Bearer token-of-{user}"));
    }
    let reply = router.clone().oneshot(request.body(Body::from("tea")).unwrap()).await.unwrap();
    let status = reply.status();
    let bytes = reply.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn an_order_is_audited_after_its_reply() {
    let (router, epilogue) = router();
    let reply = send(&router, "POST", "/orders", Some("ann")).await;
    assert_eq!(reply, (StatusCode::ACCEPTED, r#"{"user":"ann","what":"tea"}"#.into()));

    epilogue.drain().await.unwrap(); // waits for the tasks
    let (_, log) = send(&router, "GET", "/audit", None).await;
    assert_eq!(log, r#"["ann was here","ann ordered tea"]"#);
}

#[tokio::test]
async fn without_a_user_nothing_is_ordered_or_audited() {
    let (router, epilogue) = router();
    let reply = send(&router, "POST", "/orders", None).await;
    assert_eq!(reply, (StatusCode::UNAUTHORIZED, r#"{"detail":"Not authenticated"}"#.into()));

    epilogue.drain().await.unwrap();
    assert_eq!(send(&router, "GET", "/audit", None).await.1, "[]");
}

#[tokio::test]
async fn new_routes_share_the_dependencies() {
    let (router, _) = router();
    assert_eq!(send(&router, "GET", "/v2/me", Some("bob")).await, (StatusCode::OK, "bob".into()));
}
