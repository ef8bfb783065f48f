use epilogue::prelude::*;

#[get("/users/{user}/items/{item_id}")]
async fn read(user: Path<String>, id: Path<u64>) -> String {
    format!("{} {}", *user, *id)
}

fn main() {
    let _ = App::new().routes(routes![read]);
}
