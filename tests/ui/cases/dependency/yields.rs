//@ errors: 2
use epilogue::prelude::*;

struct Session;

impl Session {
    async fn close(self) {}
}

#[dependency]
async fn session() -> Session {
    let session = Session;
    yield session;
    session.close().await;
}

#[get("/")]
async fn index(session: Depends<session>) {
    let _: &Session = &session;
}

fn main() {
    App::new().routes(routes![index]);
}
