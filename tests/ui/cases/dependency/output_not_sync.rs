#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> Result<std::cell::Cell<u32>, HttpError> {
    unimplemented!()
}

#[get("/")]
async fn index(user: Depends<user>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
