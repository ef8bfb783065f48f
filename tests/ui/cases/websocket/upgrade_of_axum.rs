#![allow(unused)]

use epilogue::prelude::*;

struct WebSocketUpgrade;

#[get("/echo")]
async fn echo(upgrade: WebSocketUpgrade) {}

fn main() {}
