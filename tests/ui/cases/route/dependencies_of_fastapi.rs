//@ errors: 9
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn check() {}

#[dependency]
fn key() {}

#[get("/first", dependencies = [Depends(check), Depends(key)])]
async fn first() {}

#[get("/second", dependencies = ["check"])]
async fn second() {}

#[get("/third", dependencies = [Depends(check, use_cache = false)])]
async fn third() {}

#[get("/fourth", dependencies = check)]
async fn fourth() {}

#[get("/fifth", dependencies = Depends(check))]
async fn fifth() {}

#[get("/sixth", dependencies = vec![Depends::<check>])]
async fn sixth() {}

#[get("/seventh", dependencies[check])]
async fn seventh() {}

#[get("/eighth", dependencies = [Security(check, scopes = ["me"])])]
async fn eighth() {}

#[get("/ninth", dependencies = [Depends(at_least(3)), Security(key, scopes = ["me"])])]
async fn ninth() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth, seventh, eighth, ninth]);
}
