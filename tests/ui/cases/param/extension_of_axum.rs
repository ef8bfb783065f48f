use epilogue::prelude::*;

struct Extension<T>(T);

#[get("/")]
async fn index(user: Extension<String>) -> String {
    user.0
}

fn main() {}
