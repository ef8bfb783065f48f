#![allow(unused)]

use epilogue::prelude::*;

#[get()]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
