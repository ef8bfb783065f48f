#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn read(name: State<String>) -> String {
    name.into_inner()
}

fn main() {
    let _app = App::new().state(String::new()).routes(routes![read]);
}
