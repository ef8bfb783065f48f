//@ errors: 2
use epilogue::prelude::*;

#[dependency]
fn at_least<const N: u32>(level: Query<u32>) -> bool {
    *level >= N
}

#[get("/items")]
async fn read(enough: Depends<at_least(3)>) -> String {
    enough.to_string()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
