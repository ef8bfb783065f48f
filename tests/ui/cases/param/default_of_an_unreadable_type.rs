#![allow(unused)]

use epilogue::prelude::*;

struct Level(u8);

#[get("/")]
async fn index(#[param(default = Level(1))] level: Query<Level>) {}

fn main() {}
