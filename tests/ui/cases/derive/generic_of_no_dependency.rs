use epilogue::prelude::*;

#[derive(Dependency)]
struct Loaded<D> {
    from: Depends<D>,
}

struct Source;

#[get("/")]
async fn index(_loaded: Depends<Loaded<Source>>) {}

fn main() {
    let _ = App::new().routes(routes![index]);
}
