use epilogue::prelude::*;

#[post("/photos")]
async fn upload(photos: Vec<File<UploadFile>>) -> String {
    format!("{}", photos.len())
}

fn main() {}
