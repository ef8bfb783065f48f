#![allow(unused)]

use epilogue::prelude::*;

async fn list() {}

fn main() {
    let _app = App::new().routes(routes![list]);
}
