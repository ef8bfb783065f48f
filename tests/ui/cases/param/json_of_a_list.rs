use epilogue::prelude::*;

struct Item {
    name: String,
}

#[post("/items")]
async fn create(items: Json<Vec<Item>>) -> String {
    items[0].name.clone()
}

fn main() {}
