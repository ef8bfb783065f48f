//! The fuzz targets on stable Rust: their seeds, and a few thousand mutations of each. `cargo fuzz` goes further; this always runs.

use std::path::Path;

use epilogue_e2e::Random;

#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

const MUTATIONS: usize = 3_000;

/// What text formats are sensitive to.
const TOKENS: [&str; 22] = [
    "%", "%2", "%00", "%ff", "%C3%A9", "&", "=", "+", ";", "\"", "\\", "/", "//", "{", "}", "{*", "*", "\n",
    "-", "1e9", "\u{0}", "é",
];

fn mutate(data: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len() + 1);
        match random.below(6) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => drop(data.remove(at)),
            2 => data.insert(at, u8::try_from(random.below(256)).unwrap()),
            3 => drop(data.splice(at..at, TOKENS[random.below(TOKENS.len())].bytes())),
            4 => {
                // The rest of another seed.
                data.truncate(at);
                data.extend(&other[random.below(other.len() + 1)..]);
            }
            _ => {
                // A piece of it, repeated.
                let piece = data[at..(at + random.below(8)).min(data.len())].repeat(random.below(40));
                data.splice(at..at, piece);
            }
        }
    }
}

fn run(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(seeds.len() > 5);
    let mut random = Random::of(0x5eed);
    for seed in &seeds {
        target(seed);
    }
    for number in 0..MUTATIONS {
        let mut data = seeds[number % seeds.len()].clone();
        mutate(&mut data, &seeds[random.below(seeds.len())], &mut random);
        target(&data);
    }
}

#[test]
fn paths() {
    run("paths", targets::paths);
}

#[test]
fn values() {
    run("values", targets::values);
}

#[test]
fn requests() {
    run("requests", targets::requests);
}
