use epilogue::prelude::*;

#[get("/")]
async fn index() -> Result<String, HttpError> {
    Err("not found")?
}

fn main() {}
