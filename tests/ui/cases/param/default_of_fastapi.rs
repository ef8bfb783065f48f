//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/items")]
async fn index(limit: Query<u32> = Query(10, ge = 1), user: Depends<user> = Depends(user)) -> String {
    limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
