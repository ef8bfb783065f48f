//! What is generated for the documentation of the API. It is macros of `epilogue`, which mean nothing without its feature `openapi`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Generics, Ident, Meta, Type};

use crate::asserts::{held, reply_type};
use crate::habits::advice::is_valueless;
use crate::signature::Function;
use crate::types::{holds_value, is_extract, is_one_of};

/// Whether the documentation may say something of a parameter, as far as the way its type is written shows.
pub(crate) fn is_documented(ty: &Type) -> bool {
    let is_value = holds_value(ty) || is_one_of(ty, &["Bytes", "File", "OAuth2PasswordForm"]);
    is_value || !is_valueless(ty) && !is_extract(ty)
}

/// A default that is both documented and taken. It is written once, in a function that both call, so that rustc and clippy say once what
/// they have to say about the user's words.
pub(crate) struct HoistedDefault {
    /// The function, which makes the closure that makes the default.
    pub(crate) function: TokenStream,
    /// The call of it.
    pub(crate) call: TokenStream,
}

/// Moves the default of the parameter at `index` to a function of its own. The type may not be an alias: what such a function returns is
/// not known here.
pub(crate) fn default(
    ty: &Type,
    type_name: &TokenStream,
    default: &Expr,
    index: usize,
    generics: &Generics,
) -> Option<HoistedDefault> {
    if !holds_value(ty) {
        return None;
    }
    let name = Ident::new(&format!("__epilogue_default_{index}"), Span::call_site());
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    let value = held(ty, type_name);
    let closure = quote_spanned!(ty.span()=> || #default);
    Some(HoistedDefault {
        function: quote! {
            #[allow(unused_variables, clippy::redundant_closure, reason = "it is in the user's words")]
            fn #name #impl_generics () -> fn() -> #value #where_clause { #closure }
        },
        call: quote!(#name #turbofish ()),
    })
}

/// The field of a parameter. Where the documentation says nothing of it, there is none: that spares the user's build some constants.
pub(crate) fn param(
    ty: &Type,
    type_name: &TokenStream,
    default: Option<&HoistedDefault>,
    private: &TokenStream,
) -> Option<TokenStream> {
    if !is_documented(ty) {
        return None;
    }
    // Code of the macro's, which lints leave alone; only what is wrong with the type is reported at the type.
    let span = Span::call_site().located_at(ty.span());
    let default = default.map(|HoistedDefault { call, .. }| quote!(, #call));
    Some(quote_spanned!(span=> docs: #private::param_docs!(#type_name #default)))
}

/// The field of a route. `output` is the name of what it returns.
pub(crate) fn route(function: &Function, output: &TokenStream, is_hidden: bool) -> TokenStream {
    if is_hidden {
        return quote!(docs: __epilogue::RouteDocs::NONE);
    }
    let (attrs, private) = (&function.item.attrs, &function.private);
    let description = description(attrs, private);
    let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let reply = reply_type(&function.output, output).map(|(ty, data)| quote!(, #ty, #data));
    quote!(docs: #private::route_docs!(#description, #is_deprecated #reply))
}

/// A function's documentation as it is written. It may be a macro that includes a file.
fn description(attrs: &[Attribute], private: &TokenStream) -> TokenStream {
    let texts = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(value) if value.path.is_ident("doc") => Some(&value.value),
        _ => None,
    });
    quote!(#private::concat!(#(#texts, "\n"),*))
}
