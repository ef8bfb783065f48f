#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn ticket() -> u64 {
    1
}

#[get("/items")]
async fn read(ticket: Fresh<Depends<ticket>>) -> &'static str {
    ""
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
