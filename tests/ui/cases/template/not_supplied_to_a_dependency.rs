#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn owner(user_id: Path<u64>) -> u64 {
    *user_id
}

#[dependency]
fn user(owner: Depends<owner>) -> u64 {
    *owner
}

#[get("/items")]
async fn read(user: Depends<user>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
