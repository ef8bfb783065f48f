#![allow(unused)]

use epilogue::prelude::*;

struct Multipart;

#[post("/files")]
async fn upload(mut form: Multipart) {}

fn main() {}
