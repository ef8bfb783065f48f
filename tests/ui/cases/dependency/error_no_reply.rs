#![allow(unused)]

use epilogue::prelude::*;

struct Missing;

#[dependency]
fn user() -> Result<u32, Missing> {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
