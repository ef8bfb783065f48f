use epilogue::prelude::*;

#[epilogue::main]
#[tokio::main]
async fn main() -> epilogue::Result<()> {
    App::new().serve("127.0.0.1:8000").await
}
