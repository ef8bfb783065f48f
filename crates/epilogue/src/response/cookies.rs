//! The cookies of the reply in the making.

use cookie::Cookie;
use http::{HeaderValue, header};

use super::Reply;

impl Reply {
    /// Sets a cookie with `Path=/; SameSite=lax`, Starlette's defaults. [`Reply::add_cookie`] takes one with other attributes.
    pub fn set_cookie(&self, name: &str, value: impl Into<String>) {
        let cookie = Cookie::new(name, value.into());
        self.append_cookie(name, format!("{}; Path=/; SameSite=lax", cookie.encoded()));
    }

    /// Sets a cookie with attributes of its own. One that is not a valid header value (it has a line break, say) is logged and left out.
    ///
    /// ```
    /// use epilogue::cookie::{Cookie, SameSite};
    /// use epilogue::prelude::{Reply, post};
    ///
    /// #[post("/log-in")]
    /// async fn log_in(reply: &Reply) {
    ///     let session = Cookie::build(("session", "a long random token"));
    ///     reply.add_cookie(&session.path("/").http_only(true).secure(true).same_site(SameSite::Strict).build());
    /// }
    /// ```
    pub fn add_cookie(&self, cookie: &Cookie<'_>) {
        self.append_cookie(cookie.name(), cookie.encoded().to_string());
    }

    /// Has the client forget a cookie that [`Reply::set_cookie`] has set.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/log-out")]
    /// async fn log_out(reply: &Reply) {
    ///     reply.delete_cookie("session");
    /// }
    /// ```
    pub fn delete_cookie(&self, name: &str) {
        let cookie = Cookie::new(name, "");
        let gone = "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=lax";
        self.append_cookie(name, format!("{}; {gone}", cookie.encoded()));
    }

    fn append_cookie(&self, name: &str, cookie: String) {
        match HeaderValue::try_from(cookie) {
            Ok(value) => self.append_header(header::SET_COOKIE, value),
            Err(error) => tracing::error!(cookie = name, %error, "a cookie that is not valid was left out"),
        }
    }
}
