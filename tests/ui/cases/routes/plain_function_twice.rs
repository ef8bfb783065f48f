//@ errors: 2
use epilogue::prelude::*;

async fn read() -> &'static str {
    "ok"
}

fn main() {
    let _first = App::new().routes(routes![read]);
    let _second = App::new().routes(routes![read]);
}
