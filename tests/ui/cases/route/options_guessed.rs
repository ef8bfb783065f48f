//@ errors: 8
#![allow(unused)]

use epilogue::prelude::*;

#[get("/first", state = Pool)]
async fn first() {}

#[get("/second", create)]
async fn second() {}

#[get("/third", depends(check))]
async fn third() {}

#[get("/fourth", deprecated = true)]
async fn fourth() {}

#[get("/fifth", description = "reads")]
async fn fifth() {}

#[get("/sixth", operation_id = "read")]
async fn sixth() {}

#[get("/seventh", hide, guard = auth)]
async fn seventh() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth, seventh]);
}
