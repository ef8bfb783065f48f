//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(limit: Query<u32> = 10) -> String {
    limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
