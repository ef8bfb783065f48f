use epilogue::prelude::*;

struct ConnectInfo<T>(T);

#[get("/")]
async fn index(client: ConnectInfo<std::net::SocketAddr>) -> String {
    client.0.to_string()
}

fn main() {}
