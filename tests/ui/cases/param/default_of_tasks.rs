//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(tasks: BackgroundTasks = BackgroundTasks()) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
