//@ errors: 7
#![allow(unused)]

use epilogue::prelude::*;

#[get("/first", responses = {404: "no item"})]
async fn first() {}

#[get("/second", status => 201)]
async fn second() {}

#[get("/third", status == 201)]
async fn third() {}

#[get("/fourth", status = )]
async fn fourth() {}

#[get("/fifth", = 201)]
async fn fifth() {}

#[get("/sixth", 201)]
async fn sixth() {}

#[get("/seventh", , hidden)]
async fn seventh() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth, seventh]);
}
