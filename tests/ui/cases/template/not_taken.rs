#![allow(unused)]

use epilogue::prelude::*;

#[get("/users/{user}/items/{item}")]
async fn read(item: Path<u64>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
