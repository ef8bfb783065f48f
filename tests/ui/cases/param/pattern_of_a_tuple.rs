use epilogue::prelude::*;

#[get("/{user}/items/{id}")]
async fn read(Path((user, id)): Path<(String, u32)>, mut q: Query<String>, tasks: &BackgroundTasks) -> String {
    q.0.push_str(&user);
    format!("{} {id} {}", *q, tasks.len())
}

fn main() {
    let _ = App::new().routes(routes![read]);
}
