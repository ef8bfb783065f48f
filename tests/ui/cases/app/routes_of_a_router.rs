#![allow(unused)]

use epilogue::prelude::*;

fn main() {
    let _app = App::new().routes(Router::new("/v1"));
}
