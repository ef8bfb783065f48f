use epilogue::prelude::*;

struct Id {
    number: u32,
}

#[get("/items/{id}/{name}")]
async fn read(path: Path<(Id, String)>) -> String {
    format!("{} {}", path.0.0.number, path.1)
}

fn main() {}
