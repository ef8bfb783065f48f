//@ errors: 4
use epilogue::prelude::*;

use std::rc::Rc;

struct Config;

#[dependency(scop = "app")]
async fn pool(config: Config, #[param(gee = 3)] size: Query<u32>) -> Rc<u32> {
    Rc::new(1)
}

fn main() {}
