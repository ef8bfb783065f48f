use epilogue::testing::TestClient;
use serde_json::{Value, json};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

use super::*;

/// A database in memory instead of the file. The pool has a single connection, since each would have a database of its own.
#[dependency(scope = "app", exit = database::close)]
async fn pool_in_memory() -> Result<SqlitePool, HttpError> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    database::create_tables(&pool).await?;
    Ok(pool)
}

fn client() -> TestClient {
    TestClient::new(app().override_dependency_with::<pool, pool_in_memory>())
}

#[tokio::test]
async fn todos_are_created_read_changed_and_removed() {
    let client = client();

    let reply = client.post("/todos").json(&json!([{ "title": "tea" }, { "title": "milk" }])).send().await;
    assert_eq!(reply.status(), StatusCode::CREATED);
    let tea = json!({ "id": 1, "title": "tea", "done": false });
    let milk = json!({ "id": 2, "title": "milk", "done": false });
    assert_eq!(reply.json::<Value>(), json!([tea, milk]));

    let reply = client.patch("/todos/1").json(&json!({ "done": true })).send().await;
    let tea = json!({ "id": 1, "title": "tea", "done": true });
    assert_eq!(reply.json::<Value>(), tea);
    assert_eq!(client.get("/todos/1").send().await.json::<Value>(), tea);
    assert_eq!(client.get("/todos?done=false").send().await.json::<Value>(), json!([milk]));

    assert_eq!(client.delete("/todos/1").send().await.status(), StatusCode::NO_CONTENT);
    assert_eq!(client.get("/todos/1").send().await.status(), StatusCode::NOT_FOUND);
    assert_eq!(client.delete("/todos/1").send().await.status(), StatusCode::NOT_FOUND);

    client.stop().await.unwrap(); // closes the pool
}

#[tokio::test]
async fn an_error_rolls_back_what_was_written_before_it() {
    let client = client();
    let reply = client.post("/todos").json(&json!([{ "title": "tea" }, { "title": " " }])).send().await;
    assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(client.get("/todos").send().await.json::<Value>(), json!([]));
}
