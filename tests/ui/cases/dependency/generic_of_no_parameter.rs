//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

struct Repository<T>(Vec<T>);

impl<T> Repository<T> {
    fn rows(&self) -> usize {
        self.0.len()
    }
}

#[dependency]
fn repository<T: Send + Sync + 'static>() -> Repository<T> {
    Repository(Vec::new())
}

// The body is written for a `Depends<…>`, so rustc blames it too, but not first.
#[dependency]
fn count<T: Send + Sync + 'static>(repository: repository<T>) -> usize {
    repository.rows()
}

fn main() {}
