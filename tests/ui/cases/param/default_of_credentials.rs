use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(default = None)] token: Option<HttpBearer>) -> String {
    format!("{}", token.is_some())
}

fn main() {}
