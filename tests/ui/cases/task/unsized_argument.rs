use epilogue::prelude::*;

#[task]
fn log(line: str) {
    println!("{line}");
}

#[get("/")]
async fn index(tasks: &BackgroundTasks) {
    tasks.add(log { line: "visited" });
}

fn main() {
    App::new().routes(routes![index]);
}
