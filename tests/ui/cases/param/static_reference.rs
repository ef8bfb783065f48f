use epilogue::prelude::*;

#[get("/")]
async fn index(tasks: &'static BackgroundTasks) {
    tasks.add_task(async || (), ());
}

fn main() {
    App::new().routes(routes![index]);
}
