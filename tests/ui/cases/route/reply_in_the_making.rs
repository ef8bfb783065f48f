#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(reply: Reply) -> Reply {
    reply.set_status(StatusCode::CREATED);
    reply
}

fn main() {}
