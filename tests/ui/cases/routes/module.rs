use epilogue::prelude::*;

mod users {
    use epilogue::prelude::*;

    #[get("/users")]
    pub async fn list() -> &'static str {
        "ok"
    }
}

fn main() {
    let _app = App::new().routes(routes![users]);
}
