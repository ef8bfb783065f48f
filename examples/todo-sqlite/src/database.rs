//! The database as dependencies: a pool for the app, a transaction for each request.

use epilogue::prelude::*;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// Opened at the start, and closed at shutdown, after the last task.
#[dependency(scope = "app", exit = close)]
pub async fn pool() -> Result<SqlitePool, HttpError> {
    let options = SqliteConnectOptions::new().filename("todos.db").create_if_missing(true);
    Ok(SqlitePool::connect_with(options).await?)
}

pub async fn close(pool: &SqlitePool, _outcome: &Outcome) {
    pool.close().await;
}

/// A transaction that everything in the request shares.
pub struct Transaction(Mutex<Option<sqlx::Transaction<'static, Sqlite>>>);

impl Transaction {
    /// The transaction's connection, for one query after another.
    pub async fn connection(&self) -> MappedMutexGuard<'_, SqliteConnection> {
        MutexGuard::map(self.0.lock().await, |transaction| {
            transaction.as_deref_mut().expect("it ends after the path function")
        })
    }
}

/// Begins before the path function, and ends after it but before the reply: if the commit fails, its error is the reply.
#[dependency(scope = "function", exit = end)]
pub async fn transaction(pool: Depends<pool>) -> Result<Transaction, HttpError> {
    Ok(Transaction(Mutex::new(Some(pool.begin().await?))))
}

async fn end(transaction: &Transaction, outcome: &Outcome) -> Result<(), HttpError> {
    let Some(transaction) = transaction.0.lock().await.take() else { return Ok(()) };
    if outcome.is_success() {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(())
}

pub async fn create_tables(pool: &SqlitePool) -> sqlx::Result<()> {
    let table = "CREATE TABLE IF NOT EXISTS todos
        (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done BOOLEAN NOT NULL DEFAULT FALSE)";
    sqlx::query(table).execute(pool).await?;
    Ok(())
}
