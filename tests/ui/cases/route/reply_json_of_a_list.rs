use epilogue::prelude::*;

struct Item {
    name: String,
}

#[get("/items")]
async fn list() -> Result<Json<Vec<Item>>, HttpError> {
    Ok(Json(vec![Item { name: String::from("a") }]))
}

fn main() {}
