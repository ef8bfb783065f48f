use epilogue::prelude::*;

fn count() {}

#[get("/")]
async fn index() -> (Json<u32>, Background) {
    (Json(1), Background::task(count, ()))
}

fn main() {}
