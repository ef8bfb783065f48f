//@ errors: 3
use epilogue::prelude::*;

struct Mail;

#[task(retry = 3)]
async fn send(mail: Mail) -> u32 {
    1
}

fn main() {}
