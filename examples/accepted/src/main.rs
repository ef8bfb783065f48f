//! An upload is answered with `202 Accepted` and an id, and processed after the reply; with the id, a client can ask how far it has got.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use epilogue::prelude::*;
use serde::Serialize;

#[derive(Default)]
struct Uploads(Mutex<HashMap<u64, Upload>>);

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Upload {
    Processing { bytes: usize },
    Done { words: usize },
}

#[derive(Serialize)]
struct Accepted {
    id: u64,
}

#[post("/uploads", status = 202)]
async fn upload(file: Bytes, uploads: State<Uploads>, tasks: &BackgroundTasks) -> Json<Accepted> {
    let id = {
        let mut known = uploads.0.lock().unwrap();
        let id = known.len() as u64 + 1;
        known.insert(id, Upload::Processing { bytes: file.len() });
        id
    };
    tasks.add_task(process, (id, file, uploads.clone()));
    Json(Accepted { id })
}

async fn process(id: u64, file: Bytes, uploads: State<Uploads>) {
    tokio::time::sleep(Duration::from_secs(2)).await; // real work takes its time
    let words = file.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    uploads.0.lock().unwrap().insert(id, Upload::Done { words });
}

#[get("/uploads/{id}")]
async fn upload_status(id: Path<u64>, uploads: State<Uploads>) -> Result<Json<Upload>, HttpError> {
    let known = uploads.0.lock().unwrap();
    let upload = known.get(&id).ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "no such upload"))?;
    Ok(Json(upload.clone()))
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    let app = App::new().state(Uploads::default()).routes(routes![upload, upload_status]);
    app.serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)] // the clock stands still, and jumps over the two seconds
    async fn an_upload_is_processed_after_the_reply() {
        let (uploads, tasks) = (State::new(Uploads::default()), BackgroundTasks::new());
        let reply = upload(Bytes::from_static(b"three short words"), uploads.clone(), &tasks).await;

        let status = upload_status(Path(reply.id), uploads.clone()).await.unwrap();
        assert_eq!(*status, Upload::Processing { bytes: 17 });

        assert!(tasks.run_all().await.failed.is_empty());
        let status = upload_status(Path(reply.id), uploads).await.unwrap();
        assert_eq!(*status, Upload::Done { words: 3 });
    }
}
