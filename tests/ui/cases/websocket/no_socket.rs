#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo() {}

fn main() {
    let _app = App::new().routes(routes![echo]);
}
