//! The attribute macros of Epilogue. The `epilogue` crate re-exports and documents them.
//!
//! Each macro reads a signature, checks it, and expands to a few calls into the hidden module of `epilogue`, which has the logic.
//!
//! - There is a file for each of them: `route`, `websocket`, `dependency`, `derive`, `task`, `main_function` and `routes`.
//! - `signature` and `parameter` read a function, `args` the arguments of an attribute, `param_options` those of `#[param(…)]`,
//!   `route_template` and `template` a path.
//! - Errors are collected by `diagnostics`. `forbidden` refuses types, and `habits` knows what people write instead of what is right.
//! - `emit`, `names`, `params`, `describe` and `docs` generate code; `asserts` has rustc check what only rustc can.

#![allow(missing_docs, reason = "documented where `epilogue` re-exports it")]

mod args;
mod asserts;
mod dependency;
mod derive;
mod describe;
mod diagnostics;
mod docs;
mod effects;
mod emit;
mod forbidden;
mod habits;
mod integer;
mod item;
mod main_function;
mod names;
mod number;
mod param_options;
mod parameter;
mod params;
mod route;
mod route_template;
mod routes;
mod signature;
mod task;
mod template;
mod types;
mod websocket;

use proc_macro::TokenStream;

macro_rules! route_macros {
    ($($name:ident = $method:literal),* $(,)?) => {$(
        #[proc_macro_attribute]
        pub fn $name(args: TokenStream, item: TokenStream) -> TokenStream {
            route::expand($method, args.into(), &item.into()).into()
        }
    )*};
}

route_macros!(
    get = "GET",
    post = "POST",
    put = "PUT",
    patch = "PATCH",
    delete = "DELETE",
    head = "HEAD",
    options = "OPTIONS",
    trace = "TRACE",
);

#[proc_macro_attribute]
pub fn websocket(args: TokenStream, item: TokenStream) -> TokenStream {
    websocket::expand(args.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn dependency(args: TokenStream, item: TokenStream) -> TokenStream {
    dependency::expand(args.into(), &item.into()).into()
}

#[proc_macro_derive(Dependency, attributes(param, dependency))]
pub fn derive_dependency(item: TokenStream) -> TokenStream {
    derive::expand(item.into()).into()
}

#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(args.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_function::expand(args.into(), &item.into()).into()
}

/// What `epilogue::routes!` expands to: the crate in brackets, then the list.
#[doc(hidden)]
#[proc_macro]
pub fn listed_routes(tokens: TokenStream) -> TokenStream {
    routes::expand(tokens.into()).into()
}
