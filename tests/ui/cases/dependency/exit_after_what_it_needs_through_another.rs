#![allow(unused)]

use epilogue::prelude::*;

#[dependency(scope = "function")]
fn session() -> u32 {
    1
}

#[dependency]
fn user(session: Depends<session>) -> u32 {
    unimplemented!()
}

async fn close(_visit: &u32, _outcome: &Outcome) {}

#[dependency(exit = close)]
fn visit(user: Depends<user>) -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(visit: Depends<visit>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
