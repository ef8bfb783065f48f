//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> u32 {
    1
}

#[get("/items")]
async fn index(
    #[param(description = "what runs later")] tasks: &BackgroundTasks,
    #[param(description = "who asks")] user: Depends<user>,
    #[param(description = "the rows")] pool: State<u32>,
    #[param(description = "the token")] token: HttpBearer,
    // This one is documented.
    #[param(description = "the text")] text: String,
) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
