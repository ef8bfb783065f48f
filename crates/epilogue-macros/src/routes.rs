//! `routes![…]`: each name is looked up, and checked against those before it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Path, bracketed};

use crate::args::NOTHING_BEFORE_COMMA;
use crate::asserts::check;
use crate::diagnostics::Errors;
use crate::habits::repair::split;
use crate::item::raw;
use crate::names::{alias, can_be_imported, imported};

/// What `routes!` passes on: the crate, then the list.
struct Listed {
    krate: TokenStream,
    list: TokenStream,
}

impl Parse for Listed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate;
        bracketed!(krate in input);
        Ok(Self { krate: krate.parse()?, list: input.parse()? })
    }
}

pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(Listed { krate, list }) = errors.ok(syn::parse2::<Listed>(tokens)) else {
        return errors.into_tokens();
    };
    let private = quote!(#krate::__private);
    let routes = paths(list, &mut errors);
    let nodes = routes.iter().map(node);
    let checks = routes
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, path)| check(path, &quote!(__epilogue::check_listed(ROUTES, #index))));
    let errors = errors.into_tokens();
    quote! {{
        use #private as __epilogue;
        #errors
        // It is for clients, not for the app, that a route is deprecated.
        #[allow(deprecated)]
        const ROUTES: &[&__epilogue::RouteNode] = &[#(#nodes),*];
        #(#checks)*
        __epilogue::Routes::new(ROUTES)
    }}
}

/// The paths between the commas. Anything else is refused and left out.
fn paths(list: TokenStream, errors: &mut Errors) -> Vec<Path> {
    let mut paths = Vec::new();
    for (item, comma) in split(list) {
        match syn::parse2::<Path>(item.clone()) {
            Ok(path) => paths.push(path),
            Err(_) if item.is_empty() => errors.at(comma, NOTHING_BEFORE_COMMA),
            Err(_) => errors.at(&item, instead(&item)),
        }
    }
    paths
}

/// The error for what is not a path.
fn instead(item: &TokenStream) -> String {
    let mut tokens = item.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        // Only a keyword is an identifier and not a path.
        (Some(TokenTree::Ident(keyword)), None) if let Some(name) = raw(&keyword) => {
            format!("`{keyword}` is a keyword: write `{name}`")
        }
        (Some(TokenTree::Punct(first)), _) if first.as_char() == '#' => String::from(
            "a name in `routes!` has no attributes: write a list of its own for what stands under a `#[cfg(…)]`, and comments as `// …`",
        ),
        _ => String::from(
            "`routes!` lists the names of path functions, separated by commas: write `routes![list, create]`",
        ),
    }
}

fn node(path: &Path) -> TokenStream {
    let span = path.segments.last().map_or_else(Span::call_site, Spanned::span);
    if !can_be_imported(path) {
        return quote_spanned!(span=> &<#path as __epilogue::Route>::NODE);
    }
    let alias = alias(span);
    imported(path, &alias, &quote_spanned!(span=> &<#alias as __epilogue::Route>::NODE))
}
