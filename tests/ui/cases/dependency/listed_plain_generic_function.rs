use epilogue::prelude::*;

fn at_least<const LEVEL: u8>() {}

#[get("/", dependencies(at_least::<3>))]
async fn index() {}

fn main() {
    App::new().routes(routes![index]);
}
