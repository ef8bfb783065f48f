//! What is generated for the documentation of the API: nothing without the feature `openapi`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Meta, Type};

use crate::asserts::{is_extract, reply_type};
use crate::signature::Function;
use crate::types::is_one_of;

/// The parameters of which the documentation says nothing.
const UNDOCUMENTED: &[&str] =
    &["Depends", "State", "BackgroundTasks", "Reply", "RequestParts", "ClientAddr", "Shutdown"];

const IS_ON: bool = cfg!(feature = "openapi");

/// The traits whose constants stand in for those that a type does not have.
pub(crate) fn imports() -> Option<TokenStream> {
    IS_ON.then(|| {
        quote! {
            #[allow(unused_imports, reason = "needed where a type has no schema")]
            use __epilogue::{Undefaulted as _, Undocumented as _, Unreplying as _};
        }
    })
}

/// The field of a parameter's flags.
pub(crate) fn param(ty: &Type, default: Option<&Expr>) -> Option<TokenStream> {
    if !IS_ON {
        return None;
    }
    let span = ty.span();
    if is_extract(ty) || is_one_of(ty, UNDOCUMENTED) {
        return Some(quote_spanned!(span=> docs: __epilogue::ParamDocs::NONE,));
    }
    let documented = quote_spanned!(span=> __epilogue::Documented::<#ty>);
    let default = match default {
        None => quote!(__epilogue::None),
        Some(default) => quote_spanned!(span=> __epilogue::Some(|| #documented::shown_default(|| #default))),
    };
    Some(quote_spanned! {span=>
        docs: __epilogue::ParamDocs {
            schema: #documented::SCHEMA,
            fields: #documented::FIELDS,
            lacking: #documented::LACKING,
            default: #default,
        },
    })
}

/// The field of a route.
pub(crate) fn route(function: &Function, is_hidden: bool) -> Option<TokenStream> {
    if !IS_ON {
        return None;
    }
    if is_hidden {
        return Some(quote!(docs: __epilogue::RouteDocs::NONE,));
    }
    let attrs = &function.item.attrs;
    let (description, is_deprecated) =
        (description(attrs), attrs.iter().any(|attr| attr.path().is_ident("deprecated")));
    let reply = reply_type(&function.output).map_or_else(
        || quote!(__epilogue::ReplyDocs::UNKNOWN),
        |(ty, data)| {
            let replying = quote!(__epilogue::Replying::<#ty, #data>);
            quote!(__epilogue::ReplyDocs { content_type: #replying::CONTENT_TYPE, schema: #replying::SCHEMA })
        },
    );
    Some(quote! {
        docs: __epilogue::RouteDocs {
            description: #description,
            is_deprecated: #is_deprecated,
            reply: #reply,
        },
    })
}

/// A function's documentation as it is written. It may be a macro that includes a file.
fn description(attrs: &[Attribute]) -> TokenStream {
    let texts = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(value) if value.path.is_ident("doc") => Some(&value.value),
        _ => None,
    });
    quote!(__epilogue::concat!(#(#texts, "\n"),*))
}
