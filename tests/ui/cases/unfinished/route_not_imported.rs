use epilogue::prelude::*;

mod items {
    use epilogue::prelude::*;

    #[get("/items")]
    pub async fn read() -> &'static str {
        "ok"
    }
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
