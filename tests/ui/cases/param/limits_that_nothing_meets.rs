//@ errors: 6
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(
    #[param(ge = 300)] a: Query<u8>,
    #[param(lt = 0)] b: Query<Option<u64>>,
    #[param(le = -1)] c: Query<Vec<u8>>,
    #[param(gt = 1, lt = 2)] d: Query<i32>,
    #[param(gt = 127)] e: Query<i8>,
    #[param(lt = 0)] f: Query<u128>,
    // These are met by something.
    #[param(ge = 255, le = 255)] g: Query<u8>,
    #[param(gt = 1, lt = 2)] h: Query<f64>,
) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
