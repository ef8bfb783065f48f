#![allow(unused)]

use epilogue::prelude::*;

struct Page;

#[get("/items")]
async fn read(page: Json<Page>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
