#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user(other: Depends<other>) -> u32 {
    unimplemented!()
}

#[dependency]
fn other(user: Option<Depends<user>>, q: Query<u32>) -> u32 {
    *q
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
