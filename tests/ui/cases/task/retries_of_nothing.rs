use epilogue::prelude::*;

#[task(retries = 3)]
async fn mail(to: String) {
    println!("{to}");
}

fn main() {}
