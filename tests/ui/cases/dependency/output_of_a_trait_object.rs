#![allow(unused)]

use epilogue::prelude::*;

trait Repository {}

#[dependency]
fn repository() -> std::sync::Arc<dyn Repository> {
    todo!()
}

fn main() {}
