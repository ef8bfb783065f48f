#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn send(#[serde(default)] to: String) {}

fn main() {}
