#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(name: &Query<String>) -> &str {
    name
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
