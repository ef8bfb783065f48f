//@ errors: 5
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn session() -> u32 {
    1
}

#[get("/items")]
async fn index(
    q: Annotated<String, Query(min_length = 3)>,
    session: Annotated<u32, Depends(session)>,
    limit: Annotated<u32, Query()> = 10,
) -> String {
    q
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
