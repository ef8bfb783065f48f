#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> u32 {
    1
}

#[get("/items")]
async fn read(user: Depends<user()>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
