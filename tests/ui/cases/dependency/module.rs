//@ errors: 2
use epilogue::prelude::*;

mod users {
    use epilogue::prelude::*;

    #[dependency]
    pub fn current() -> u32 {
        1
    }
}

#[get("/")]
async fn index(user: Depends<users>) -> String {
    user.to_string()
}

fn main() {}
