//@ errors: 8
#![allow(unused)]

use epilogue::prelude::*;

#[post("/items/{id}")]
async fn index(
    #[path] id: u32,
    #[query] q: String,
    #[header] agent: Header<String>,
    #[validate(range(min = 1, max = 3))] limit: Query<u32>,
    #[validate(length(min = 1))]
    #[serde(default)]
    name: String,
    #[serde(default)] page: Query<u32>,
    #[serde(rename = "s")] size: Query<u32>,
    #[params(min_length = 3)] tag: Query<String>,
) -> String {
    q
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
