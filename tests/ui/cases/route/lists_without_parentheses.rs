//@ errors: 6
#![allow(unused)]

use epilogue::prelude::*;

#[get("/first", tags = "items")]
async fn first() {}

#[get("/second", tags["items", "shop"])]
async fn second() {}

#[get("/third", tags = vec!["items"])]
async fn third() {}

#[get("/fourth", tags = items)]
async fn fourth() {}

#[get("/fifth", tags: ["items"])]
async fn fifth() {}

#[get("/sixth", tags("items" "shop"))]
async fn sixth() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth]);
}
