#![allow(unused)]

use epilogue::prelude::*;

struct User;

impl User {
    fn new() -> Self {
        Self
    }
}

#[get("/items")]
async fn read(user: Depends<User::new>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
