#![allow(unused)]

use epilogue::prelude::*;

#[get("\\items\\all")]
async fn first() {}

fn main() {
    let _app = App::new().routes(routes![first]);
}
