use epilogue::prelude::*;

fn main() {
    let _app = App::new().on_error(async |_: &HttpError, _parts| StatusCode::NOT_FOUND);
}
