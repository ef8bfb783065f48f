use epilogue::prelude::*;

#[dependency]
fn user() -> u32 {
    1
}

#[get("/")]
async fn index(#[param(scopes("me"))] user: Depends<user>) -> String {
    user.to_string()
}

fn main() {}
