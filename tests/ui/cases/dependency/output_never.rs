#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> ! {
    unimplemented!()
}

#[get("/items")]
async fn read(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
