#![allow(unused)]

use epilogue::prelude::*;

#[dependency(scope = "app")]
fn pool() -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(pool: Depends<Fresh<pool>>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
