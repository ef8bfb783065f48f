//! The chapters of the book as documentation, so that `cargo test --doc -p epilogue-docs` compiles and runs every code
//! block in them, and those of the README with them.

#![allow(clippy::doc_markdown, reason = "prose, in which FastAPI is a name")]

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!($file)]
            pub mod $name {}
        )*
    };
}

chapters! {
    readme: "../README.md",
    introduction: "src/introduction.md",
    first_steps: "src/first-steps.md",
    parameters: "src/parameters.md",
    files_and_forms: "src/files-and-forms.md",
    dependencies: "src/dependencies.md",
    background_tasks: "src/background-tasks.md",
    exits_and_scopes: "src/exits-and-scopes.md",
    overrides: "src/overrides.md",
    performance: "src/performance.md",
    reliability: "src/reliability.md",
    replies_and_errors: "src/replies-and-errors.md",
    server_sent_events: "src/server-sent-events.md",
    security: "src/security.md",
    websockets: "src/websockets.md",
    routers: "src/routers.md",
    openapi: "src/openapi.md",
    layers: "src/layers.md",
    server_and_shutdown: "src/server-and-shutdown.md",
    axum: "src/axum.md",
    testing: "src/testing.md",
    names: "src/names.md",
}
