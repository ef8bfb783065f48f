#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
extern "C" fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
