#![allow(unused)]

use epilogue::prelude::*;

#[get("/files/{file:path}")]
async fn read(file: Path<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
