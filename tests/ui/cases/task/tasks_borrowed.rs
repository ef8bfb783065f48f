#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn log(tasks: &BackgroundTasks, line: String) {}

fn main() {}
