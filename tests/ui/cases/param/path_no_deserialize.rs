#![allow(unused)]

use epilogue::prelude::*;

struct Page;

#[get("/{page}")]
async fn read(page: Path<Page>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
