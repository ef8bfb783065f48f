//! Eight dependencies in a diamond: `conn` is shared by four of them.

use bench_work::{Page, Sum};
use epilogue::Routes;
use epilogue::prelude::*;

#[dependency]
fn conn(x_tenant: Header<u64>) -> u64 {
    bench_work::conn(*x_tenant)
}

#[dependency]
fn token(x_token: Header<u64>) -> u64 {
    *x_token
}

#[dependency]
fn page(skip: Query<u64>, limit: Query<u64>) -> Page {
    Page { skip: *skip, limit: *limit }
}

#[dependency]
fn session(conn: Depends<conn>, token: Depends<token>) -> u64 {
    bench_work::session(*conn, *token)
}

#[dependency]
fn items(conn: Depends<conn>, page: Depends<page>) -> u64 {
    bench_work::items(*conn, *page)
}

#[dependency]
fn users(conn: Depends<conn>, u: Query<u64>) -> u64 {
    bench_work::users(*conn, *u)
}

#[dependency]
fn audit(conn: Depends<conn>, x_audit: Header<u64>) -> u64 {
    bench_work::audit(*conn, *x_audit)
}

#[dependency]
fn service(
    session: Depends<session>,
    items: Depends<items>,
    users: Depends<users>,
    audit: Depends<audit>,
) -> u64 {
    bench_work::service(*session, *items, *users, *audit)
}

#[get("/di")]
async fn di(service: Depends<service>) -> Json<Sum> {
    Json(Sum { sum: *service })
}

pub(crate) fn routes() -> Routes {
    routes![di]
}
