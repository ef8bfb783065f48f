#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn repository<T: Default + Send + Sync + 'static>() -> Vec<T> {
    vec![T::default()]
}

#[get("/items")]
async fn list(repository: Depends<repository>) -> String {
    repository.len().to_string()
}

fn main() {
    let _app = App::new().routes(routes![list]);
}
