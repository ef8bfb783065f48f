//! There is no crate `epilogue` here: every macro says where it is.

use web::prelude::*;

/// A dependency with an exit.
#[dependency(crate = ::web, exit = close)]
pub fn session(token: Header<Option<String>>) -> String {
    token.into_inner().unwrap_or_default()
}

async fn close(_session: &String, _outcome: &Outcome) {}

/// A struct of parameters.
#[derive(Dependency)]
#[dependency(crate = ::web)]
pub struct Paging {
    limit: Query<Option<u32>>,
    session: Depends<session>,
}

/// A task.
#[task(crate = ::web, retries = 2, retry_on_panic)]
pub async fn note(line: String) {
    println!("{line}");
}

/// A path function.
#[get("/{name}", crate = ::web, dependencies(session))]
pub async fn greet(name: Path<String>, paging: Depends<Paging>, tasks: &BackgroundTasks) -> String {
    tasks.add(note { line: name.into_inner() });
    format!("{:?} {}", *paging.limit, *paging.session)
}

/// The app.
pub fn app() -> App {
    App::new().routes(routes![greet])
}
