#![allow(unused)]

use epilogue::prelude::*;

macro_rules! item {
    ($path:literal, $name:ident) => {
        #[get($path)]
        async fn item(id: Path<u64>, $name: Query<u32>) -> String {
            format!("{} {}", *id, *$name)
        }
    };
}

item!("/{id}", id);

fn main() {
    let _app = App::new().routes(routes![item]);
}
