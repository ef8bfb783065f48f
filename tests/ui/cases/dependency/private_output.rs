use epilogue::prelude::*;

struct User;

#[dependency]
pub fn user() -> Result<User, HttpError> {
    Ok(User)
}

fn main() {}
