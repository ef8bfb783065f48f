#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list() -> Result<Json<Vec<Itme>>, HttpError> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![list]);
}
