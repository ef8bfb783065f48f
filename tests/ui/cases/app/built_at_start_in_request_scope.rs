use epilogue::prelude::*;

#[dependency]
async fn session() -> u32 {
    1
}

fn main() {
    App::new().build_at_start::<session>();
}
