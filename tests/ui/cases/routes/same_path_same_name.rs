#![allow(unused)]

use epilogue::prelude::*;

mod items {
    use epilogue::prelude::*;

    #[get("/")]
    pub async fn list() {}
}

mod users {
    use epilogue::prelude::*;

    #[get("/")]
    pub async fn list() {}
}

fn main() {
    let _app = App::new().routes(routes![items::list, users::list]);
}
