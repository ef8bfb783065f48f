use epilogue::prelude::*;

#[get("/")]
async fn index() -> Sse<Vec<Event>> {
    Sse::new(vec![Event::data("hello")])
}

fn main() {}
