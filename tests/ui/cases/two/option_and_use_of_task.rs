//@ errors: 2
use epilogue::prelude::*;

#[dependency(scope = "app")]
fn sender() -> String {
    String::from("noreply@example.com")
}

#[task(retry = 3)]
async fn send(to: String, sender: Depends<sender>, times: u8) -> Result<(), String> {
    println!("{to} {} {times}", *sender);
    Ok(())
}

#[task]
async fn note(line: &str) {
    println!("{line}");
}

#[post("/send")]
async fn index(tasks: &BackgroundTasks) {
    tasks.add(send { to: "a@example.com".into(), times: Default::default() });
    tasks.add(note { line: "sent" });
}

fn main() {
    let _ = App::new().routes(routes![index]);
}
