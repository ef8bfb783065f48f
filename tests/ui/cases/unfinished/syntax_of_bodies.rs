//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    let name = ;
    String::new()
}

#[task]
fn log(line: String) {
    let line = ;
}

#[get("/items")]
async fn index(user: Depends<user>, tasks: &BackgroundTasks) -> String {
    tasks.add(log { line: user.to_uppercase() });
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
