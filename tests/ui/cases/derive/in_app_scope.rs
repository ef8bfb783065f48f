use epilogue::prelude::*;

#[derive(Dependency)]
struct Page {
    offset: Query<u32>,
}

#[dependency(scope = "app")]
fn pool(page: Depends<Page>) -> u32 {
    *page.offset
}

fn main() {}
