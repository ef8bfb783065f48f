#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn send(to: Vec<Adress>) {}

fn main() {}
