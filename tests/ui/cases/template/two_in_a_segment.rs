#![allow(unused)]

use epilogue::prelude::*;

#[get("/{a}-{b}")]
async fn read(a: Path<u64>, b: Path<u64>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
