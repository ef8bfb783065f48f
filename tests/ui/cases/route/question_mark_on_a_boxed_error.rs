use epilogue::prelude::*;

fn number() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Ok("seven".parse()?)
}

#[get("/")]
async fn index() -> Result<String, HttpError> {
    Ok(number()?.to_string())
}

fn main() {}
