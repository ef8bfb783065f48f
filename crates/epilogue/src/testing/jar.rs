//! The cookies of a test client: those that replies have set, and those of a single request.

use cookie::time::OffsetDateTime;
use cookie::{Cookie, CookieJar};
use http::{HeaderMap, HeaderValue, header};
use parking_lot::Mutex;

use super::{TestRequest, TestResponse};

/// What replies have set so far.
#[derive(Debug, Default)]
pub(super) struct Jar(Mutex<CookieJar>);

impl Jar {
    pub(super) fn keep(&self, headers: &HeaderMap) {
        let mut jar = self.0.lock();
        for cookie in cookies_of(headers) {
            if is_over(&cookie) {
                jar.force_remove(cookie.name());
            } else {
                jar.add_original(cookie.into_owned());
            }
        }
    }

    /// What a request sends that has these cookies of its own; they take the place of kept ones of the same name.
    pub(super) fn sent_with(&self, own: &[Cookie<'static>]) -> Option<String> {
        let jar = self.0.lock();
        let kept = jar.iter().filter(|kept| own.iter().all(|own| own.name() != kept.name()));
        let cookies: Vec<_> = kept.chain(own).map(|cookie| cookie.stripped().encoded().to_string()).collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }
}

/// Whether a reply deletes the cookie, in either of the two ways to do so.
fn is_over(cookie: &Cookie<'_>) -> bool {
    match cookie.max_age() {
        Some(age) => age.is_zero(),
        None => cookie.expires_datetime().is_some_and(|at| at <= OffsetDateTime::now_utc()),
    }
}

fn cookies_of(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let texts = headers.get_all(header::SET_COOKIE).iter().map(HeaderValue::to_str);
    texts.flatten().map(Cookie::parse_encoded).filter_map(Result::ok)
}

impl TestRequest<'_> {
    /// Sends a cookie with this request alone.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push(Cookie::new(name.to_owned(), value.to_owned()));
        self
    }
}

impl TestResponse {
    /// The value of a cookie that the reply sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut cookies = cookies_of(&self.headers);
        cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    }
}
