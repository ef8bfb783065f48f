//! Writes the dependencies of all sizes: as a chain, as a fan of unrelated ones, and as a diamond in which all others share one.

use std::fmt::Write;
use std::path::Path;

const SIZES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut code = String::from("use epilogue::prelude::*;\nuse epilogue::Routes;\n");
    let mut routes = String::new();
    dependency(&mut code, "base", &[]);
    for number in 0..64 {
        dependency(&mut code, &format!("leaf{number}"), &[]);
        dependency(&mut code, &format!("side{number}"), &[String::from("base")]);
        let below = if number == 0 { vec![] } else { vec![format!("link{}", number - 1)] };
        dependency(&mut code, &format!("link{number}"), &below);
    }
    for size in SIZES {
        let leaves: Vec<_> = (0..size).map(|number| format!("leaf{number}")).collect();
        path_function(&mut code, &mut routes, "fan", size, &leaves);
        let mut diamond = vec![String::from("base")];
        if size > 1 {
            let sides: Vec<_> = (0..size - 2).map(|number| format!("side{number}")).collect();
            dependency(&mut code, &format!("top{size}"), &sides);
            diamond.push(format!("top{size}"));
        }
        path_function(&mut code, &mut routes, "diamond", size, &diamond);
        path_function(&mut code, &mut routes, "chain", size, &[format!("link{}", size - 1)]);
    }
    let _ = writeln!(code, "pub(crate) fn routes() -> Routes {{ routes![{routes}] }}");
    let folder = std::env::var_os("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(Path::new(&folder).join("dependencies.rs"), code) {
        println!("cargo::error=the dependencies could not be written: {error}");
    }
}

fn parameters(dependencies: &[String]) -> String {
    dependencies.iter().map(|name| format!("{name}: Depends<{name}>")).collect::<Vec<_>>().join(", ")
}

/// An expression that adds up all of them.
fn sum(dependencies: &[String]) -> String {
    let terms = dependencies.iter().map(|name| format!("*{name}"));
    terms.chain([String::from("1")]).collect::<Vec<_>>().join(" + ")
}

fn dependency(code: &mut String, name: &str, below: &[String]) {
    let parameters = parameters(below);
    let sum = sum(below);
    let _ = writeln!(code, "#[dependency]\nfn {name}({parameters}) -> u64 {{ {sum} }}");
}

fn path_function(code: &mut String, routes: &mut String, kind: &str, size: usize, dependencies: &[String]) {
    let parameters = parameters(dependencies);
    let sum = sum(dependencies);
    let _ = writeln!(
        code,
        "#[get(\"/{kind}/{size}\")]\nasync fn {kind}{size}({parameters}) -> String {{ ({sum}).to_string() }}"
    );
    let _ = write!(routes, "{kind}{size}, ");
}
