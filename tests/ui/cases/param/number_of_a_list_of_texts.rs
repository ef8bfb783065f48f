#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(le = 3)] item: Query<Vec<String>>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
