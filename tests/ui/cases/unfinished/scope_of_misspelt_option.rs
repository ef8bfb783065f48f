use epilogue::prelude::*;

#[dependency(scop = "app")]
fn config() -> u32 {
    1
}

#[dependency(scope = "app")]
fn pool(config: Depends<config>) -> u32 {
    *config
}

#[task]
fn log(config: Depends<config>) {
    println!("{}", *config);
}

fn main() {
    App::new().build_at_start::<config>().build_at_start::<pool>();
}
