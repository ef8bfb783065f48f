#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    "ann".into()
}

#[get("/")]
async fn read(user: Depends<user>) -> String {
    user.into_inner()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
