use epilogue::prelude::*;

struct Item {
    name: String,
}

#[task]
async fn count(items: Vec<Item>) {
    println!("{}", items[0].name);
}

#[post("/")]
async fn index(tasks: &BackgroundTasks) {
    tasks.add(count { items: Vec::new() });
}

fn main() {}
