//@ errors: 3
//! The bound of an async function is checked where it is given, called and awaited.

use epilogue::prelude::*;

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    App::new().serve(8000).await
}
