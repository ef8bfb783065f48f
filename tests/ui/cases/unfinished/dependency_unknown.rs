#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(user: Depends<usr>) -> String {
    user.to_string()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
