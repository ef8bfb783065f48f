#![allow(unused)]

use epilogue::prelude::*;

async fn wait() {}

async fn close(_user: &u32, _outcome: &Outcome) {
    let count = std::rc::Rc::new(1);
    wait().await;
    drop(count);
}

#[dependency(exit = close)]
fn user() -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
