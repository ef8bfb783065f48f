#[epilogue::get("/items")]
async fn read(q: Query<u32>) -> String {
    q.to_string()
}

fn main() {}
