use epilogue::prelude::*;

#[post("/photos")]
async fn upload(#[param(max_length = 1000)] photo: File<UploadFile>) -> String {
    format!("{}", photo.len())
}

fn main() {}
