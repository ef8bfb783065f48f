use epilogue::prelude::*;

#[get("/")]
async fn index() -> Result<String, HttpError> {
    Err(StatusCode::NOT_FOUND)?
}

fn main() {}
