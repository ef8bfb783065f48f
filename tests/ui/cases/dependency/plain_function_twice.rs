//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

fn user() -> u32 {
    1
}

#[get("/items")]
async fn read(user: Depends<user>) -> String {
    unimplemented!()
}

#[get("/others")]
async fn other(user: Depends<user>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read, other]);
}
