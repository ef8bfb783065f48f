#![allow(unused)]

use epilogue::prelude::*;

struct Missing;

#[get("/items")]
async fn read() -> Result<String, Missing> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
