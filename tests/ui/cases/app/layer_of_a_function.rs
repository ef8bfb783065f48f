use axum_core::extract::Request;
use epilogue::prelude::*;

async fn timed(request: Request) -> Request {
    request
}

fn main() {
    let _app = App::new().layer(timed);
}
