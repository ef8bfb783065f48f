#![allow(unused)]

use epilogue::prelude::*;

async fn wait() {}

#[dependency]
async fn user() -> u32 {
    let count = std::rc::Rc::new(1);
    wait().await;
    *count
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
