#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
struct Paging {
    limit: Query<u32>,
}

#[get("/items")]
async fn index(paging: Depends<Paging>) -> String {
    paging.limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
