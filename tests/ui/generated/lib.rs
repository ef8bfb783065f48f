//! A macro that writes functions, whose names all stand where it is called.

use proc_macro::TokenStream;

/// Two path functions that depend on the same.
#[proc_macro]
pub fn resource(_: TokenStream) -> TokenStream {
    let items = r#"
        #[epilogue::dependency]
        fn user() -> u8 { 1 }

        #[epilogue::get("/items")]
        async fn list(user: epilogue::Depends<user>) -> String { user.to_string() }

        #[epilogue::post("/items")]
        async fn create(user: epilogue::Depends<user>) -> String { user.to_string() }
    "#;
    items.parse().unwrap_or_default()
}
