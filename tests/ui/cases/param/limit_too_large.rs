#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(le = 1e400)] item: Query<f64>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
