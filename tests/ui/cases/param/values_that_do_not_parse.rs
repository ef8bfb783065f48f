//@ errors: 6
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(
    #[param(default = ...)] a: Query<u32>,
    #[param(pattern = /x/)] b: Query<String>,
    #[param(ge = )] c: Query<u32>,
    #[param(scopes = ["me"])] d: Query<u32>,
    #[param(fields = 3)] e: Json<u32>,
    #[param(fields("e"))] f: Json<u32>,
) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
