#![allow(unused)]

use epilogue::prelude::*;

#[get("/{item}")]
async fn read(#[param(default = 1)] item: Path<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
