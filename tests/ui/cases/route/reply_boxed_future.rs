use epilogue::prelude::*;

use std::pin::Pin;

#[get("/items")]
fn read() -> Pin<Box<dyn Future<Output = String> + Send>> {
    Box::pin(async { String::new() })
}

fn main() {
    App::new().routes(routes![read]);
}
