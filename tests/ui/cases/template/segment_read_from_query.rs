use epilogue::prelude::*;

#[get("/items/{id}")]
async fn read(id: Query<u64>) -> String {
    id.to_string()
}

fn main() {
    App::new().routes(routes![read]);
}
