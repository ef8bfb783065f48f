//@ errors: 17
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> u32 {
    1
}

#[get("/unions")]
async fn unions(q: str | None = None, limit: int | None) -> String {
    String::new()
}

#[get("/brackets")]
async fn brackets(tags: list[str] = Query(), page: Query[u32], user: Annotated[int, Depends(user)]) -> String {
    String::new()
}

fn main() {}
