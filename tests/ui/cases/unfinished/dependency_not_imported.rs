#![allow(unused)]

use epilogue::prelude::*;

mod deps {
    use epilogue::prelude::*;

    #[dependency]
    pub fn user() -> String {
        String::new()
    }
}

#[get("/items")]
async fn read(user: Depends<user>) -> String {
    user.to_string()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
