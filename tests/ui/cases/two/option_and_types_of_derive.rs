//@ errors: 2
use epilogue::prelude::*;

struct Config;

#[derive(Dependency)]
struct Page {
    #[param(lee = 3)]
    offset: Query<u32>,
    config: Config,
}

fn main() {}
