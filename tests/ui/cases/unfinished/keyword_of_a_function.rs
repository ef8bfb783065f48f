use epilogue::prelude::*;

#[get("/matches")]
async fn match() -> &'static str {
    "ok"
}

fn main() {}
