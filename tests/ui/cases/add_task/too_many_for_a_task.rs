//@ errors: 2
//! rustc says of the function that it is not a task, too.
#![allow(unused, clippy::too_many_arguments)]

use epilogue::prelude::*;

async fn store(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8) {}

#[post("/items")]
async fn create(tasks: &BackgroundTasks) {
    tasks.add_task(store, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
}

fn main() {
    let _app = App::new().routes(routes![create]);
}
