#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(item: impl Sized) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
