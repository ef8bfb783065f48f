use epilogue::prelude::*;

struct Page;

fn main() {
    let _app = App::new().on_error(|_: &HttpError, _parts| Page);
}
