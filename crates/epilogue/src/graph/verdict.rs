//! The message of a failed check, built while the compiler runs.

/// The result of a check: nothing, or the message that the compiler shows at the user's own code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Verdict {
    /// Longer messages are cut: a chain of dependencies may have any length.
    const ROOM: usize = 600;

    /// Nothing is wrong.
    pub(crate) const RIGHT: Self = Self { bytes: [0; Self::ROOM], length: 0 };

    /// Whether the check failed.
    pub(crate) const fn is_wrong(&self) -> bool {
        self.length > 0
    }

    /// The message.
    pub(crate) const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the words of an error are not UTF-8, which is a bug in epilogue",
        }
    }

    /// A message made of these parts.
    pub(super) const fn wrong(parts: &[&str]) -> Self {
        let mut verdict = Self::RIGHT;
        verdict.add(parts);
        verdict
    }

    /// Appends these parts.
    pub(super) const fn add(&mut self, parts: &[&str]) {
        let mut i = 0;
        while i < parts.len() {
            self.add_part(parts[i].as_bytes());
            i += 1;
        }
    }

    /// Appends a number.
    pub(super) const fn add_number(&mut self, number: u32) {
        if number >= 10 {
            self.add_number(number / 10);
        }
        self.add_part(&[b'0' + (number % 10) as u8]);
    }

    const fn add_part(&mut self, part: &[u8]) {
        if self.length + part.len() > Self::ROOM {
            return;
        }
        let mut i = 0;
        while i < part.len() {
            self.bytes[self.length] = part[i];
            self.length += 1;
            i += 1;
        }
    }
}

/// Stops the build where it is called, if the check failed.
#[doc(hidden)]
#[track_caller]
pub const fn report(verdict: Verdict) {
    assert!(!verdict.is_wrong(), "{}", verdict.text());
}
