#![allow(unused)]

use epilogue::prelude::*;

#[get("/items?q={q}")]
async fn read(q: Query<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
