//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/items")]
async fn read(user: Depends<user>) -> String {
    user.to_uppercase() +
}

#[task]
fn log(line: String) {
    line.len() +
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
