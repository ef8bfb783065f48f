//@ errors: 3
use epilogue::prelude::*;

struct Item;

#[post("/items")]
async fn create(item: Item, q: Option<String> = None) -> String {
    drop(item);
    format!("{q:?}")
}

fn main() {
    let _ = App::new().routes(routes![create]);
}
