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

pub use web;

/// A route with all that it needs, for crates that may not know of epilogue.
#[macro_export]
macro_rules! health {
    ($name:ident, $user:path) => {
        #[$crate::web::dependency(crate = $crate::web)]
        fn state(q: $crate::web::Query<Option<String>>) -> bool {
            q.is_none()
        }

        #[derive($crate::web::Dependency)]
        #[dependency(crate = $crate::web)]
        struct Asked {
            state: $crate::web::Depends<state>,
        }

        #[$crate::web::task(crate = $crate::web)]
        async fn told(healthy: bool) {
            println!("{healthy}");
        }

        #[$crate::web::get("/health", crate = $crate::web, dependencies($user))]
        async fn $name(
            asked: $crate::web::Depends<Asked>,
            user: $crate::web::Depends<$user>,
            tasks: &$crate::web::BackgroundTasks,
        ) -> String {
            tasks.add(told { healthy: *asked.state });
            user.to_string()
        }
    };
}
