use epilogue::prelude::*;

#[dependency]
fn at_least<const N: u32>(level: Query<u32>) -> bool {
    *level >= N
}

#[get("/items", dependencies(at_least(3)))]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
