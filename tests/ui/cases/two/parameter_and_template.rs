//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("items")]
async fn read(id: &mut BackgroundTasks) {}

fn main() {
    let _app = App::new().routes(routes![read]);
}
