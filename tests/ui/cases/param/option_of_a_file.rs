use epilogue::prelude::*;

#[post("/photos")]
async fn upload(photo: Option<File<UploadFile>>) -> String {
    format!("{}", photo.is_some())
}

fn main() {}
