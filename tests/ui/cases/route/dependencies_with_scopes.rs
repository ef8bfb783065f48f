use epilogue::prelude::*;

#[dependency]
fn user(scopes: SecurityScopes) {
    println!("{scopes:?}");
}

#[get("/items", dependencies(user(scopes("items"))))]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
