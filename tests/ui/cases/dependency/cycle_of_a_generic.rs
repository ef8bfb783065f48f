#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn of<T: Send + Sync + 'static>(below: Depends<of<Option<T>>>) -> u32 {
    *below
}

#[get("/")]
async fn index(of: Depends<of<u8>>) -> String {
    of.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
