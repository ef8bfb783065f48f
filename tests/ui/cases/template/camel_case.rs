use epilogue::prelude::*;

#[get("/users/{userId}")]
async fn read(user_id: Path<u64>) -> String {
    user_id.to_string()
}

fn main() {}
