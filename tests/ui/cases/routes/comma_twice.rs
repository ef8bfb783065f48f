use epilogue::prelude::*;

#[get("/items")]
async fn list() {}

#[post("/items")]
async fn create() {}

fn main() {
    let _app = App::new().routes(routes![list,, create]);
}
