#![allow(unused)]

use epilogue::prelude::*;

#[instrument]
#[get("/items")]
async fn items(limit: Query<u32>) -> String {
    limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![items]);
}
