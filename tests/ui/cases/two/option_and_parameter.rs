//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", stauts = 201)]
async fn read(Query(a): Query<u32>) {}

fn main() {
    let _app = App::new().routes(routes![read]);
}
