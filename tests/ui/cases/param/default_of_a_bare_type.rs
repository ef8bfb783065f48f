//@ errors: 12
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(
    q: Option<String> = None,
    name: String = "all",
    limit: u32 = 3,
    tags: Query<Vec<u32>> = [1, 2],
    #[param(ge = 1)] page: &Query<u32> = 1,
    who: Option<Query<u32>> = None,
) -> String {
    name
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
