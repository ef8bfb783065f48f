use epilogue::prelude::*;

fn repository<T>() -> Vec<T> {
    Vec::new()
}

#[get("/")]
async fn index(repository: Depends<repository<u32>>) -> String {
    repository.len().to_string()
}

fn main() {
    App::new().routes(routes![index]);
}
