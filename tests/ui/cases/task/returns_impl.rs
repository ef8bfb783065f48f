#![allow(unused)]

use epilogue::prelude::*;

#[task]
fn send() -> impl Future<Output = ()> {
    async {}
}

fn main() {}
