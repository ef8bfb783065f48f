#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(alias = "a")] item: BackgroundTasks) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
