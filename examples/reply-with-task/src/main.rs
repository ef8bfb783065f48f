//! The path function takes no task list: the reply carries its own task.

use std::{thread, time::Duration};

use epilogue::prelude::*;

/// A sync function, so it runs on the blocking pool, where it delays nothing else.
fn index(id: u64, text: String) {
    thread::sleep(Duration::from_secs(1));
    println!("document {id} is indexed: {} words", text.split_whitespace().count());
}

#[put("/documents/{id}")]
async fn put_document(id: Path<u64>, text: String) -> (StatusCode, Background) {
    (StatusCode::ACCEPTED, Background::task(index, (*id, text)))
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    App::new().routes(routes![put_document]).serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_is_accepted() {
        let (status, _index) = put_document(Path(7), "two words".into()).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
}
