//! `#[epilogue::main]`: an async `main` on a multi-threaded runtime.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::args::Args;
use crate::diagnostics::Errors;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(args, &mut errors);
    let private = args.krate(&mut errors).private();
    args.finish("`#[epilogue::main]`", &["crate"], &mut errors);
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else { return item };
    if function.sig.asyncness.is_none() {
        errors.at(
            function.sig.fn_token,
            "`#[epilogue::main]` is for an async function: write `async fn main()`",
        );
    }
    if !function.sig.inputs.is_empty() {
        errors.at(&function.sig.inputs, "`main` takes no parameters: remove them");
    }
    if !errors.is_empty() {
        let errors = errors.into_tokens();
        let name = &function.sig.ident;
        // A `main` must be there, or rustc misses it too.
        return quote!(fn #name() {} #errors);
    }
    function.sig.asyncness = None;
    let body = &function.block;
    let output = &function.sig.output;
    let ty = match output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, ty) => quote!(#ty),
    };
    let block = quote!({
        async fn main() -> #ty #body
        #private::block_on(main())
    });
    let attrs = &function.attrs;
    let (vis, sig) = (&function.vis, &function.sig);
    quote!(#(#attrs)* #vis #sig #block)
}
