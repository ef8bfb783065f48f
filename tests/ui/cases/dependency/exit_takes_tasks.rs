#![allow(unused)]

use epilogue::prelude::*;

#[dependency(exit = close)]
fn session() -> String {
    String::new()
}

async fn close(session: &String, outcome: &Outcome, tasks: &BackgroundTasks) {}

fn main() {}
