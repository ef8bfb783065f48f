#![allow(unused)]

use std::cell::Cell;

use epilogue::prelude::*;

#[derive(Dependency)]
struct Filter {
    limit: Query<Cell<u32>>,
}

#[get("/")]
async fn index(filter: Depends<Filter>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
