//! What a request's headers say of its body.

use http::{HeaderMap, header};

/// How long the body is, if the headers say so.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The content type, if it is that of a multipart form.
#[cfg(feature = "multipart")]
pub(crate) fn multipart_type(headers: &HeaderMap) -> Option<&str> {
    let (content_type, essence) = content_type(headers)?;
    essence.eq_ignore_ascii_case("multipart/form-data").then_some(content_type)
}

/// The content type, and the part of it before its parameters.
fn content_type(headers: &HeaderMap) -> Option<(&str, &str)> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some((content_type, content_type.split(';').next()?.trim()))
}

/// `application/json` and every `application/*+json`, as in FastAPI.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    // Nearly always.
    if headers.get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json") {
        return true;
    }
    let essence = content_type(headers).map_or("", |(_, essence)| essence);
    let Some((main, sub)) = essence.split_once('/') else { return false };
    let json = sub.eq_ignore_ascii_case("json")
        || sub.rsplit_once('+').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"));
    main.eq_ignore_ascii_case("application") && json
}

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let essence = content_type(headers).map_or("", |(_, essence)| essence);
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
