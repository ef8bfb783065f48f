#![allow(unused)]

use epilogue::prelude::*;

#[dependency(scope = "app")]
fn user(name: Query<String>) -> u32 {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
