//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

macro_rules! items {
    ($key:ident, $keys:ident, $first:expr) => {
        #[dependency]
        fn $key(bytes: &State<[u8; { $first 4 }]>) -> u8 {
            bytes[0]
        }

        #[derive(Dependency)]
        struct $keys {
            bytes: State<[u8; { $first 4 }]>,
        }
    };
}

items!(key, Keys, if false {});

#[get("/")]
async fn index(key: Depends<key>, keys: Depends<Keys>) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
