use axum_core::extract::Request;
use epilogue::prelude::*;
use tower::layer::layer_fn;
use tower::service_fn;

fn main() {
    let fails = async |_: Request| Err::<Response, _>(String::from("too late"));
    let _app = App::new().layer(layer_fn(move |_inner| service_fn(fails)));
}
