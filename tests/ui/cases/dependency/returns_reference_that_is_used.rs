use epilogue::prelude::*;

struct User {
    name: String,
}

#[dependency]
fn user(users: State<User>) -> &User {
    &users
}

#[get("/")]
async fn index(user: Depends<user>) -> String {
    user.name.clone()
}

fn main() {
    App::new().routes(routes![index]);
}
