#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read<T: Send>(item: Query<u32>) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
