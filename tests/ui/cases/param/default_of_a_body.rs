//@ errors: 10
#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Item {
    count: u32,
}

#[post("/items")]
async fn index(
    item: Item = Body(embed = true),
    agent: Option<String> = Header(default = None, title = "the client"),
    session: str = Cookie(alias = "sid", regex = "^a"),
) -> String {
    item.count.to_string()
}

#[post("/files")]
async fn file(photo: UploadFile = File(description = "a photo"), name: String = Form()) -> String {
    name
}

fn main() {
    let _app = App::new().routes(routes![index, file]);
}
