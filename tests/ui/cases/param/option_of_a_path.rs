use epilogue::prelude::*;

#[get("/items/{id}")]
async fn read(id: Option<Path<u32>>) -> String {
    format!("{}", id.is_some())
}

fn main() {}
