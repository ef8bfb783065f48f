#![allow(unused)]

use epilogue::prelude::*;

struct Item;

#[dependency]
fn repository<T: Default + Send + Sync + 'static>() -> T {
    T::default()
}

#[get("/")]
async fn index(items: Depends<repository<Item>>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
