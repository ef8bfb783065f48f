//@ errors: 3
#![allow(unused)]

use epilogue::prelude::*;

struct ConnectInfo<T>(T);
struct Extension<T>(T);

#[get("/items")]
async fn index(
    ConnectInfo(client): ConnectInfo<std::net::SocketAddr>,
    Extension(pool): Extension<u32>,
    Json(item): Json<u32>,
) -> String {
    client.to_string()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
