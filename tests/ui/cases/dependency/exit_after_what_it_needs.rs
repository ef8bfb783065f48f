#![allow(unused)]

use epilogue::prelude::*;

#[dependency(scope = "function")]
fn session() -> u32 {
    1
}

async fn close(_user: &u32, _outcome: &Outcome) {}

#[dependency(exit = close)]
fn user(session: Depends<session>) -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
