use std::fmt;
use std::ops::Deref;

use subtle::ConstantTimeEq;

/// A text that must not leak: a password, a token, a key.
///
/// It dereferences to `str`. `Debug` does not show it, and it has no `==`: [`Secret::matches`] compares it without telling, by the time
/// that it takes, how much of a guess was right.
///
/// ```
/// use epilogue::Secret;
///
/// let password = Secret::from("swordfish");
/// assert!(password.matches("swordfish"));
/// assert!(!password.matches("swordfisk"));
/// assert_eq!(format!("{password:?}"), "Secret");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Whether it is this text. The time it takes depends on the lengths only.
    pub fn matches(&self, expected: impl AsRef<[u8]>) -> bool {
        same(&self.0, expected)
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself, owned.
    pub fn into_inner(self) -> String {
        self.0
    }
}

/// Compares in a time that depends only on the lengths.
pub(super) fn same(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    a.as_ref().ct_eq(b.as_ref()).into()
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
