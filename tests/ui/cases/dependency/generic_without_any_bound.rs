//@ errors: 2
use epilogue::prelude::*;

#[dependency]
fn item<T>(q: Query<T>) -> Vec<T> {
    vec![q.into_inner()]
}

#[get("/")]
async fn index(items: Depends<item<u32>>) -> String {
    items.len().to_string()
}

fn main() {
    let _ = App::new().routes(routes![index]);
}
