//@ errors: 4
use epilogue::prelude::*;

struct Filter;

fn user() -> u32 {
    1
}

#[get("/items/{id}", status_code = 201)]
async fn read(id: Path<u64>, filter: Query<Filter>, user: Depends<user>) -> Json<Filter> {
    Json(Filter)
}

fn main() {
    App::new().routes(routes![read]);
}
