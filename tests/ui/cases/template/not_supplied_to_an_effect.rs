#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn owner(user_id: Path<u64>) -> u64 {
    *user_id
}

#[get("/items", dependencies(owner))]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
