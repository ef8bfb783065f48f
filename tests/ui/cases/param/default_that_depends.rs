//@ errors: 10
#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Paging {
    limit: Query<u32>,
}

#[dependency]
fn user(scopes: SecurityScopes) -> u32 {
    1
}

#[dependency]
fn at_least<const N: u32>() -> u32 {
    N
}

#[get("/items")]
async fn index(
    paging: Paging = Depends(),
    level: u32 = Depends(at_least(3)),
    user: u32 = Security(user, scopes = ["me", "items"]),
    fresh: u32 = Depends(user, use_cache = false),
    optional: Depends<user> = None,
) -> String {
    user.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
