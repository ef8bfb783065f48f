use epilogue::prelude::*;

#[dependency]
fn limit<T: Send + Sync + 'static>(#[param(fields(limit(le = 100)))] state: &State<Vec<T>>) -> usize {
    state.len()
}

#[get("/")]
async fn index(limit: Depends<limit<u8>>) -> String {
    limit.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
