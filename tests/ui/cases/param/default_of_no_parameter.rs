#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(default = 1)] level: u32) {}

fn main() {}
