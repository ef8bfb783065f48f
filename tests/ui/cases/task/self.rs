#![allow(unused)]

use epilogue::prelude::*;

struct Orders;

impl Orders {
    #[task]
    async fn pack(&self) {}
}

fn main() {}
