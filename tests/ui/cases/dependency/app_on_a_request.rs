#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn name(q: Query<u32>) -> u32 {
    *q
}

#[dependency(scope = "app")]
fn user(name: Depends<name>) -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
