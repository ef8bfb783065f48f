#![allow(unused)]

use epilogue::prelude::*;
use serde::de::DeserializeOwned;

#[derive(Dependency)]
struct Page<T: DeserializeOwned + Send + Sync + 'static> {
    #[param(default = Self)]
    size: Query<T>,
}

fn main() {}
