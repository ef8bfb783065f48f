use epilogue::prelude::*;

enum Order {
    Name,
}

#[get("/items")]
async fn list(order: Query<Option<Order>>) -> String {
    format!("{}", matches!(*order, Some(Order::Name)))
}

fn main() {}
