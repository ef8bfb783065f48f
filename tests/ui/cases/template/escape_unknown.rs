#![allow(unused)]

use epilogue::prelude::*;

#[get("/files/\docs")]
async fn docs() -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![docs]);
}
