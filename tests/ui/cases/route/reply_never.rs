#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> ! {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
