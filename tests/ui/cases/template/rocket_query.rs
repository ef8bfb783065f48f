//@ errors: 2
use epilogue::prelude::*;

#[get("/items/<id>?<page>")]
async fn read(id: Path<u64>, page: Query<u32>) -> String {
    format!("{} {}", *id, *page)
}

fn main() {
    let _ = App::new().routes(routes![read]);
}
