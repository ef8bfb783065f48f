#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
async fn a(a: Depends<a>) -> u32 {
    *a
}

#[get("/")]
async fn index(a: Depends<a>) -> String {
    a.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
