//@ errors: 5
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(
    #[param(len = 3)] a: Query<String>,
    #[param(convert_underscores = false)] b: Header<String>,
    #[param(name = "c")] c: Query<String>,
    #[param(exclusive_minimum = 3)] d: Query<u32>,
    #[param(create = 3)] e: Query<u32>,
) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
