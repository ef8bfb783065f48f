use epilogue::prelude::*;

struct Config;

#[dependency(scope = "app")]
fn pool(config: Config) -> u32 {
    1
}

fn main() {}
