#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(agent: Header<"user-agent">) -> String {
    agent.to_string()
}

fn main() {}
