#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(default = "1".parse()?)] level: Query<u8>) {}

fn main() {}
