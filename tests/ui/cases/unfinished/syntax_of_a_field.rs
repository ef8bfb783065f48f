#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Page {
    limit: Query<u32>,
    skip:
}

#[get("/items")]
async fn list(page: Depends<Page>) -> String {
    page.limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![list]);
}
