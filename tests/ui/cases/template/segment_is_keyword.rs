use epilogue::prelude::*;

#[get("/items/{type}")]
async fn read() {}

fn main() {
    App::new().routes(routes![read]);
}
