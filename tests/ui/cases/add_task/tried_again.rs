use epilogue::prelude::*;

async fn mail(to: String) -> Result<(), String> {
    println!("{to}");
    Ok(())
}

#[post("/send/{to}")]
async fn send(tasks: &BackgroundTasks, to: Path<String>) {
    tasks.add_task(mail, (to.into_inner(),)).retries(3);
}

fn main() {}
