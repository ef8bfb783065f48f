#![allow(unused)]

use std::rc::Rc;

use epilogue::prelude::*;

fn main() {
    let _app = App::new().state(Rc::new(1));
}
