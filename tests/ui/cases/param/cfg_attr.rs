#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(
    #[cfg_attr(unix, param(ge = 1))] limit: Query<u32>,
    #[cfg_attr(unix, allow(unused))] skip: Query<u32>,
) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
