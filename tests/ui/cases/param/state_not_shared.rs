#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(state: State<std::rc::Rc<u32>>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
