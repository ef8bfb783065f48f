//! What to write instead of a type that is known not to be a parameter. The type itself decides whether there is an error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use crate::types::{arguments, holds_value, is_named, is_one_of, last_name, text, without_arguments};

/// Types that are parameters as they stand, and not dependencies. `CREDENTIALS` has the rest of them.
const DIRECT: &[&str] = &[
    "BackgroundTasks",
    "Bytes",
    "ClientAddr",
    "Cookie",
    "Depends",
    "Extract",
    "File",
    "Form",
    "Header",
    "Json",
    "OAuth2PasswordForm",
    "Path",
    "Query",
    "Reply",
    "RequestParts",
    "SecurityScopes",
    "Shutdown",
    "State",
];

/// The credentials of a scheme, and the trait that says what the scheme lacks.
const CREDENTIALS: &[(&str, &str)] = &[
    ("ApiKeyCookie", "ApiKeyParam"),
    ("ApiKeyHeader", "ApiKeyParam"),
    ("ApiKeyQuery", "ApiKeyParam"),
    ("HttpBasic", "HttpParam"),
    ("HttpBearer", "HttpParam"),
    ("HttpDigest", "HttpParam"),
    ("OAuth2AuthorizationCodeBearer", "OAuth2CodeParam"),
    ("OAuth2PasswordBearer", "OAuth2Param"),
    ("OpenIdConnect", "OpenIdParam"),
];

/// Extractors of axum and axum-extra that there is no parameter for, or only another one.
const EXTRACTORS: &[&str] = &[
    "CookieJar",
    "MatchedPath",
    "Multipart",
    "OriginalUri",
    "PrivateCookieJar",
    "RawForm",
    "RawPathParams",
    "RawQuery",
    "Request",
    "SignedCookieJar",
    "TypedHeader",
];

/// Types that people wrap around a parameter's type, in vain.
const WRAPPERS: &[&str] = &["Option", "Vec", "Box", "Arc", "Rc"];

/// Whether a type has the name of one that is a parameter as it stands.
pub(crate) fn is_direct(ty: &Type) -> bool {
    is_one_of(ty, DIRECT) || is_credentials(ty)
}

/// What to write for a parameter that stands in a pattern with that one name, as axum's do.
pub(crate) fn named(name: &Ident, ty: &Type) -> Option<String> {
    let written = text(ty);
    Some(match &arguments(ty)[..] {
        _ if is_named(ty, "ConnectInfo") => format!("`{name}: ClientAddr`, and `{name}.0` for what it holds"),
        [inner] if is_named(ty, "Extension") => format!(
            "`{name}: State<{}>` for what `App::state` was given, or `{name}: Extract<{written}>` for what a layer put into the request",
            text(inner)
        ),
        _ if holds_value(ty) => {
            format!(
                "`{name}: {written}`, and `*{name}` for what it holds, or `{name}.into_inner()` to move it out"
            )
        }
        _ if is_direct(ty) => format!("`{name}: {written}`, and `*{name}` for what it holds"),
        _ => return None,
    })
}

/// Whether a type has the name of something that is taken out of a request but is not a value in it.
pub(crate) fn is_valueless(ty: &Type) -> bool {
    match arguments(ty)[..] {
        [inner] if is_named(ty, "Option") => is_valueless(inner),
        _ => is_direct(ty) && !holds_value(ty) && !is_named(ty, "File"),
    }
}

/// The trait that a parameter is asserted by, chosen for its error message. `name` is what generated code calls the type.
pub(crate) fn param(ty: &Type, name: &TokenStream, at: Span) -> TokenStream {
    if is_one_of(ty, &["WebSocket", "WebSocketUpgrade"]) {
        return quote_spanned!(at=> SocketParam);
    }
    if let [inner] = arguments(ty)[..]
        && is_named(ty, "Extension")
    {
        return quote_spanned!(at=> ExtensionParam<#inner>);
    }
    if let Some(credentials) = credentials(ty, at) {
        return credentials;
    }
    instead(ty, name, at)
        .map_or_else(|| quote_spanned!(at=> Param), |instead| quote_spanned!(at=> ParamOr<#instead>))
}

/// The trait that asserts that a value can be read, chosen likewise.
pub(crate) fn readable(ty: &Type, at: Span) -> TokenStream {
    let instead = match ty {
        _ if is_direct(ty) => Some(quote_spanned!(at=> #ty)),
        _ if is_file(ty) => instead(ty, &quote!(#ty), at),
        _ => None,
    };
    instead.map_or_else(|| quote_spanned!(at=> Readable), |instead| quote_spanned!(at=> ReadableOr<#instead>))
}

/// The trait that a reply is asserted by: `bound`, unless it looks as if another type was meant.
pub(crate) fn reply(ty: &Type, bound: &str, at: Span) -> TokenStream {
    let instead = match arguments(ty)[..] {
        _ if is_named(ty, "EventStream") => Some(quote_spanned!(at=> __epilogue::Sse<#ty>)),
        // What it says is in the reply, whatever is returned.
        _ if is_named(ty, "Reply") => Some(quote_spanned!(at=> ())),
        [json] if is_one_of(ty, &["Option", "Vec"]) && is_named(json, "Json") => within(ty, json, at),
        _ => None,
    };
    let bound = Ident::new(bound, at);
    instead.map_or_else(|| quote_spanned!(at=> #bound), |instead| quote_spanned!(at=> ReplyOr<#instead>))
}

/// The trait that asserts that a type may be an argument of a task.
pub(crate) fn task_data(ty: &Type, at: Span) -> TokenStream {
    match data_of(ty, at) {
        Some(data) => quote_spanned!(at=> TaskDataOr<#data>),
        None if is_of_request(ty) => quote_spanned!(at=> TaskDataOfRequest),
        None => quote_spanned!(at=> TaskData),
    }
}

/// What a task takes instead of a request's parameter.
pub(crate) fn data_of(ty: &Type, at: Span) -> Option<TokenStream> {
    match arguments(ty)[..] {
        [value] if holds_value(ty) => Some(quote_spanned!(at=> #value)),
        [depends] if is_named(ty, "Option") && is_named(depends, "Depends") => {
            Some(quote_spanned!(at=> #depends))
        }
        [] if is_named(ty, "Bytes") => Some(quote_spanned!(at=> __epilogue::Vec<__epilogue::u8>)),
        _ => None,
    }
}

/// Whether a type has the name of something that belongs to a request and is not data.
pub(crate) fn is_of_request(ty: &Type) -> bool {
    // A `Path` without arguments is that of std.
    let of_nothing = holds_value(ty) && arguments(ty).is_empty();
    (is_direct(ty) || is_named(ty, "UploadFile")) && !is_named(ty, "Depends") && !of_nothing
}

/// The trait that credentials are asserted by.
fn credentials(ty: &Type, at: Span) -> Option<TokenStream> {
    let [scheme] = arguments(ty)[..] else { return None };
    if is_named(ty, "Option") {
        return credentials(scheme, at);
    }
    let says = Ident::new(scheme_trait(ty)?, at);
    Some(quote_spanned!(at=> #says<#scheme>))
}

/// Whether a type has the name of credentials.
pub(crate) fn is_credentials(ty: &Type) -> bool {
    scheme_trait(ty).is_some()
}

/// The trait that says what a scheme lacks, if the type has the name of credentials.
fn scheme_trait(ty: &Type) -> Option<&'static str> {
    CREDENTIALS.iter().find(|(name, _)| is_named(ty, name)).map(|(_, says)| *says)
}

/// The type that was probably meant by one that is not a parameter.
fn instead(ty: &Type, name: &TokenStream, at: Span) -> Option<TokenStream> {
    match (&*last_name(ty)?.to_string(), &arguments(ty)[..]) {
        ("HeaderMap" | "Method" | "Parts" | "Uri", _) => Some(quote_spanned!(at=> __epilogue::RequestParts)),
        ("SocketAddr", []) | ("ConnectInfo", _) => Some(quote_spanned!(at=> __epilogue::ClientAddr)),
        ("Response", _) => Some(quote_spanned!(at=> __epilogue::Reply)),
        ("UploadFile", []) => Some(quote_spanned!(at=> __epilogue::File<#name>)),
        (extractor, _) if EXTRACTORS.contains(&extractor) => {
            Some(quote_spanned!(at=> __epilogue::Extract<#name>))
        }
        ("Fresh", [depends]) if is_named(depends, "Depends") => within(ty, depends, at),
        ("Fresh", [_]) => Some(quote_spanned!(at=> __epilogue::Depends<#name>)),
        ("Vec", [byte]) if is_named(byte, "u8") => Some(quote_spanned!(at=> __epilogue::Bytes)),
        ("Option" | "Vec", [file]) if is_named(file, "UploadFile") => {
            Some(quote_spanned!(at=> __epilogue::File<#name>))
        }
        ("Result", [depends, ..]) if is_named(depends, "Depends") => {
            Some(quote_spanned!(at=> __epilogue::Result<#depends, __epilogue::Rejection>))
        }
        ("Result", [optional, ..]) if is_credentials(optional) => {
            Some(quote_spanned!(at=> __epilogue::Option<#optional>))
        }
        // The extractor itself may be optional.
        ("Option", [extract]) if is_named(extract, "Extract") => within(ty, extract, at),
        ("Result", [extract, rejection]) if is_named(extract, "Extract") => {
            let [extractor] = arguments(extract)[..] else { return None };
            Some(quote_spanned!(at=> __epilogue::Extract<__epilogue::Result<#extractor, #rejection>>))
        }
        ("Result", [inner, ..]) if is_direct(inner) => Some(quote_spanned!(at=> #inner)),
        // A value in the path is always there.
        ("Option", [inner]) if is_named(inner, "Path") => Some(quote_spanned!(at=> #inner)),
        ("Option" | "Vec", [inner]) if holds_value(inner) || is_named(inner, "File") => within(ty, inner, at),
        ("Box" | "Arc" | "Rc", [object @ Type::TraitObject(_)]) => {
            Some(quote_spanned!(at=> __epilogue::State<__epilogue::Arc<#object>>))
        }
        ("Option", [fresh]) if is_named(fresh, "Fresh") => {
            Some(quote_spanned!(at=> __epilogue::Option<__epilogue::Depends<#fresh>>))
        }
        ("Option", [inner]) if !is_direct(inner) => Some(quote_spanned!(at=> __epilogue::Query<#name>)),
        (wrapper, [inner]) if WRAPPERS.contains(&wrapper) && is_direct(inner) => {
            Some(quote_spanned!(at=> #inner))
        }
        ("Arc", [inner]) => Some(quote_spanned!(at=> __epilogue::State<#inner>)),
        _ => None,
    }
}

/// Whether a type looks like an `UploadFile`, or like several.
pub(crate) fn is_file(ty: &Type) -> bool {
    is_named(ty, "UploadFile") || arguments(ty).first().is_some_and(|inner| is_named(inner, "UploadFile"))
}

/// `Query<Option<T>>` for `Option<Query<T>>`.
fn within(outer: &Type, inner: &Type, at: Span) -> Option<TokenStream> {
    let ([value], Type::Path(inner), Type::Path(outer)) = (&arguments(inner)[..], inner, outer) else {
        return None;
    };
    let (inner, outer) = (without_arguments(&inner.path), without_arguments(&outer.path));
    Some(quote_spanned!(at=> #inner<#outer<#value>>))
}
