//@ errors: 8
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn check() {}

#[dependency]
fn key() {}

#[get("/first", dependencies(Depends(check), Depends<key>))]
async fn first() {}

#[get("/second", dependencies("check", &key))]
async fn second() {}

#[get("/third", dependencies([check, key]))]
async fn third() {}

#[get("/fourth", dependencies(check = key))]
async fn fourth() {}

#[get("/fifth", dependencies(Depends(at_least(3))))]
async fn fifth() {}

#[get("/sixth", dependencies([]))]
async fn sixth() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth]);
}
