#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/:id")]
async fn read(id: Path<u64>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
