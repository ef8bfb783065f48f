use epilogue::prelude::*;

struct Key;

impl ApiKey for Key {
    const NAME: &'static str = "x-key";
}

#[get("/")]
async fn index(#[param(alias = "X-Other")] key: ApiKeyHeader<Key>) -> String {
    format!("{key:?}")
}

fn main() {}
