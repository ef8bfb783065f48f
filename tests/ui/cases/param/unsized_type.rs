use epilogue::prelude::*;

#[get("/{name}")]
async fn greet(name: str) -> String {
    name.to_string()
}

fn main() {
    App::new().routes(routes![greet]);
}
