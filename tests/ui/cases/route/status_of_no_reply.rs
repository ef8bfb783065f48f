#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", status = 99)]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
