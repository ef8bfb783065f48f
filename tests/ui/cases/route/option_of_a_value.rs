#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(q: Option<Query<String>>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
