#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(tasks: &mut BackgroundTasks) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
