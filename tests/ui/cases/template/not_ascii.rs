#![allow(unused)]

use epilogue::prelude::*;

#[get("/{größe}/größen")]
async fn index(größe: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
