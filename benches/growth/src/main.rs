//! What grows with an app and its load. `cargo xtask bench --growth` calls it for each size, and for the plots.

mod app;
mod dependencies;
mod load;
mod plot;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["requests", kind, size, count] => load::requests(kind, size.parse()?, count.parse()?),
        ["pending", of, count] => {
            println!("{}", load::pending(of == "request", count.parse()?)?);
            Ok(())
        }
        ["connections", count] => {
            let (bytes, microseconds) = load::connections(count.parse()?)?;
            println!("{bytes} {microseconds:.1}");
            Ok(())
        }
        ["serve"] => load::serve(),
        ["plot", file, folder] => plot::plot(Path::new(file), Path::new(folder)),
        _ => Err("growth requests KIND SIZE COUNT | pending request|requests COUNT | connections COUNT | plot FILE FOLDER".into()),
    }
}
