//! `#[epilogue::main]`: an async `main` on a multi-threaded runtime.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ReturnType};

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::item::{self, ItemFn};
use crate::signature::check_qualifiers;

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(args, "an option has a name: write `crate = …`", &mut errors);
    let private = args.private(&mut errors);
    args.finish("`#[epilogue::main]`", &["crate"], &mut errors);
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        item::refuse_other(item, "#[epilogue::main]", &mut errors);
        return errors.beside(item);
    };
    // It would find that `main` is not async any more.
    for other in function.attrs.extract_if(.., |attr| is_main(attr)) {
        errors.at(other, "`#[epilogue::main]` starts the runtime: remove this");
    }
    check(&function, &mut errors);
    check_qualifiers(&function.sig, "`main`", &mut errors);
    let ItemFn { attrs, vis, mut sig, body } = function;
    let ty = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    if !errors.is_empty() {
        let errors = errors.into_tokens();
        let name = &sig.ident;
        // Without a `main`, rustc would report that it is missing, too. The body is kept for the editor.
        return quote! {
            fn #name() {}
            const _: () = {
                #[allow(dead_code, reason = "it is there for the editor")]
                async fn main() -> #ty #body
            };
            #errors
        };
    }
    let inner = quote!(async fn main() -> #ty #body);
    let block = quote!({ #inner #private::block_on(main()) });
    sig.asyncness = None;
    quote!(#(#attrs)* #vis #sig #block)
}

/// `#[tokio::main]`, or that of another runtime.
fn is_main(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "main")
}

fn check(function: &ItemFn, errors: &mut Errors) {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        errors.at(
            signature.fn_token,
            "`#[epilogue::main]` is for an async function: write `async fn main()`, without a macro such as `#[tokio::main]` above it",
        );
    }
    if !signature.inputs.is_empty() {
        errors.at(&signature.inputs, "`main` takes no parameters: remove them");
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, "`main` cannot be generic: remove the parameters");
    }
}
