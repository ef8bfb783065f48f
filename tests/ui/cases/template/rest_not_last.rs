#![allow(unused)]

use epilogue::prelude::*;

#[get("/{*rest}/items")]
async fn read(rest: Path<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
