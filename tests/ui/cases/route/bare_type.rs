#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(id: u64) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
