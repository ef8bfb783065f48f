use epilogue::prelude::*;

#[get("/moves")]
async fn r#move() {}

fn main() {
    let _ = App::new().routes(routes![move]);
}
