//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
async fn a(b: Depends<b>) -> u32 {
    *b
}

#[dependency]
async fn b(c: Depends<c>, a: Depends<a>) -> u32 {
    *c + *a
}

#[dependency]
async fn c(b: Depends<b>) -> u32 {
    *b
}

#[get("/")]
async fn index(a: Depends<a>) -> String {
    a.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
