//! Security schemes as constant data: what the graph shows of them, in the terms of OpenAPI.

use crate::rejection::Place;

/// A way for a client to say who it is.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityScheme {
    /// The name by which the documentation of the API refers to it.
    pub name: &'static str,
    pub description: Option<&'static str>,
    pub kind: SchemeKind,
}

#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeKind {
    /// A scheme of the `Authorization` header: `basic`, `bearer`, `digest`.
    Http {
        scheme: &'static str,
        bearer_format: Option<&'static str>,
    },
    /// A key under a name in the query, a header or a cookie.
    ApiKey {
        place: Place,
        name: &'static str,
    },
    OAuth2(OAuth2Flow),
    /// The URL of the provider's description.
    OpenIdConnect {
        url: &'static str,
    },
}

#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OAuth2Flow {
    /// Of the authorization code flow; the password flow has none.
    pub authorization_url: Option<&'static str>,
    pub token_url: &'static str,
    pub refresh_url: Option<&'static str>,
    /// Each with what it means.
    pub scopes: &'static [(&'static str, &'static str)],
}

/// The name that a scheme was given, or its own.
pub(super) const fn named(given: Option<&'static str>, own: &'static str) -> &'static str {
    match given {
        Some(name) => name,
        None => own,
    }
}
