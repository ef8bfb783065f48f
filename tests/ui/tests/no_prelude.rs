//! A crate without the prelude: neither its names nor those of `std` are there.
#![no_implicit_prelude]
#![allow(dead_code, missing_docs)]

use ::epilogue::{BackgroundTasks, Depends, Header, HttpError, Path, dependency, get, routes, task};
use ::std::result::Result::{self, Ok};
use ::std::string::String;

#[dependency]
async fn session(token: Header<String>) -> Result<u8, HttpError> {
    let _ = token;
    Ok(1)
}

#[derive(::epilogue::Dependency)]
struct Filter {
    session: Depends<session>,
}

#[task]
async fn note(line: String) {
    let _ = line;
}

#[get("/{id}")]
async fn read(id: Path<u64>, filter: Depends<Filter>, tasks: &BackgroundTasks) -> Result<(), HttpError> {
    let _ = (id, &filter.session);
    tasks.add(note { line: String::new() });
    Ok(())
}

#[test]
fn it_has_a_route() {
    let app = ::epilogue::App::new().routes(routes![read]);
    ::std::assert!(::std::format!("{app:?}").contains("read"));
}
