//! To-dos in a database. Each request has a transaction, which is committed before its reply is sent, or rolled back.

mod database;

use database::{pool, transaction};
use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

#[derive(Serialize, JsonSchema)]
struct Todo {
    id: i64,
    title: String,
    done: bool,
}

impl FromRow<'_, SqliteRow> for Todo {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get("id")?, title: row.try_get("title")?, done: row.try_get("done")? })
    }
}

#[derive(Deserialize, JsonSchema)]
struct NewTodo {
    title: String,
}

#[derive(Deserialize, JsonSchema)]
struct Change {
    title: Option<String>,
    done: Option<bool>,
}

fn no_such_todo() -> HttpError {
    HttpError::new(StatusCode::NOT_FOUND, "No such todo")
}

#[get("/todos")]
async fn list(
    done: Query<Option<bool>>,
    transaction: Depends<transaction>,
) -> Result<Json<Vec<Todo>>, HttpError> {
    let todos = sqlx::query_as("SELECT * FROM todos WHERE ?1 IS NULL OR done = ?1 ORDER BY id")
        .bind(*done)
        .fetch_all(&mut *transaction.connection().await)
        .await?;
    Ok(Json(todos))
}

#[get("/todos/{id}")]
async fn read(id: Path<i64>, transaction: Depends<transaction>) -> Result<Json<Todo>, HttpError> {
    let todo = sqlx::query_as("SELECT * FROM todos WHERE id = ?")
        .bind(*id)
        .fetch_optional(&mut *transaction.connection().await)
        .await?;
    todo.map(Json).ok_or_else(no_such_todo)
}

/// All of them, or none: the error for a blank title rolls back those before it.
#[post("/todos", status = 201)]
async fn create(
    new: Json<Vec<NewTodo>>,
    transaction: Depends<transaction>,
) -> Result<Json<Vec<Todo>>, HttpError> {
    let mut connection = transaction.connection().await;
    let mut created = Vec::new();
    for todo in new.into_inner() {
        if todo.title.trim().is_empty() {
            return Err(HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "A todo needs a title"));
        }
        let insert = sqlx::query_as("INSERT INTO todos (title) VALUES (?) RETURNING *").bind(todo.title);
        created.push(insert.fetch_one(&mut *connection).await?);
    }
    Ok(Json(created))
}

#[patch("/todos/{id}")]
async fn update(
    id: Path<i64>,
    change: Json<Change>,
    transaction: Depends<transaction>,
) -> Result<Json<Todo>, HttpError> {
    let change = change.into_inner();
    let update =
        "UPDATE todos SET title = coalesce(?, title), done = coalesce(?, done) WHERE id = ? RETURNING *";
    let todo = sqlx::query_as(update)
        .bind(change.title)
        .bind(change.done)
        .bind(*id)
        .fetch_optional(&mut *transaction.connection().await)
        .await?;
    todo.map(Json).ok_or_else(no_such_todo)
}

#[delete("/todos/{id}", status = 204)]
async fn remove(id: Path<i64>, transaction: Depends<transaction>) -> Result<(), HttpError> {
    let removed = sqlx::query("DELETE FROM todos WHERE id = ?")
        .bind(*id)
        .execute(&mut *transaction.connection().await)
        .await?;
    if removed.rows_affected() == 0 { Err(no_such_todo()) } else { Ok(()) }
}

fn app() -> App {
    let openapi = OpenApi::new("To-dos", env!("CARGO_PKG_VERSION"));
    App::new().routes(routes![list, read, create, update, remove]).openapi(openapi)
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    let app = app();
    let pool = app.resolve::<pool>().await?;
    database::create_tables(&pool).await.map_err(std::io::Error::other)?;
    app.serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests;
