//! What is wrong with a text that is not JSON, in the words of Python's parser: clients of FastAPI know its reasons and positions.
//!
//! `serde_json` has already found the text to be broken. It is read again here only to find out where.

/// The first thing that is wrong, and the byte at which it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) reason: &'static str,
    pub(super) at: usize,
}

/// Reads a text up to the first thing that is wrong with it. What Python takes and JSON does not have, such as `NaN`, is not wrong.
pub(super) fn first_wrong(text: &str) -> Result<(), Wrong> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    // What ends each open object and array, the innermost last. Not by recursion, because a text may be nested deeper than the stack.
    let mut ends = Vec::new();
    loop {
        if reader.begin_value(&mut ends)? && reader.end_values(&mut ends)? {
            return Ok(());
        }
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn wrong(&self, reason: &'static str) -> Wrong {
        Wrong { reason, at: self.at }
    }

    fn skip_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn skip_digits(&mut self) {
        self.skip(|byte| byte.is_ascii_digit());
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    /// Moves past the byte, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Where a value must begin: reads it, or opens it and moves to where its first inner value must begin. Returns whether the
    /// value has ended.
    fn begin_value(&mut self, ends: &mut Vec<u8>) -> Result<bool, Wrong> {
        self.skip_space();
        let end = match self.peek() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            _ => return self.scalar().map(|()| true),
        };
        self.at += 1;
        self.skip_space();
        if self.take(end) {
            return Ok(true);
        }
        if end == b'}' {
            self.key()?;
        }
        ends.push(end);
        Ok(false)
    }

    /// Where a value has ended: moves to where the next one must begin. Returns whether there is no next one.
    fn end_values(&mut self, ends: &mut Vec<u8>) -> Result<bool, Wrong> {
        loop {
            self.skip_space();
            let Some(&end) = ends.last() else {
                return if self.peek().is_none() { Ok(true) } else { Err(self.wrong("Extra data")) };
            };
            if self.take(end) {
                ends.pop();
            } else if !self.take(b',') {
                return Err(self.wrong("Expecting ',' delimiter"));
            } else if end == b'}' {
                self.skip_space();
                return self.key().map(|()| false);
            } else {
                return Ok(false);
            }
        }
    }

    fn key(&mut self) -> Result<(), Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("Expecting property name enclosed in double quotes"));
        }
        self.string()?;
        self.skip_space();
        if self.take(b':') { Ok(()) } else { Err(self.wrong("Expecting ':' delimiter")) }
    }

    fn scalar(&mut self) -> Result<(), Wrong> {
        const WORDS: [&[u8]; 6] = [b"null", b"true", b"false", b"NaN", b"Infinity", b"-Infinity"];
        if self.peek() == Some(b'"') {
            return self.string();
        }
        if let Some(word) = WORDS.into_iter().find(|word| self.text[self.at..].starts_with(word)) {
            self.at += word.len();
            return Ok(());
        }
        self.number()
    }

    /// Reads as much of a number as there is; what follows is for the next reader to judge.
    fn number(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        self.take(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(Wrong { reason: "Expecting value", at: start }),
        }
        self.part_of_number(|reader| reader.take(b'.'));
        self.part_of_number(|reader| {
            let is_exponent = reader.take(b'e') || reader.take(b'E');
            if !reader.take(b'+') {
                reader.take(b'-');
            }
            is_exponent
        });
        Ok(())
    }

    /// Reads a mark and the digits after it: both or neither.
    fn part_of_number(&mut self, mark: impl FnOnce(&mut Self) -> bool) {
        let start = self.at;
        if mark(self) && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip_digits();
        } else {
            self.at = start;
        }
    }

    fn string(&mut self) -> Result<(), Wrong> {
        let unterminated = self.wrong("Unterminated string starting at");
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(unterminated),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if self.at + 1 == self.text.len() => return Err(unterminated),
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return Err(self.wrong("Invalid control character at")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Wrong> {
        match self.text.get(self.at + 1) {
            Some(b'u') => {
                self.at += 1;
                let digits = self.text.get(self.at + 1..self.at + 5);
                // Python requires something to follow, even if it is wrong.
                let is_last = self.at + 5 >= self.text.len();
                if is_last || !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.wrong("Invalid \\uXXXX escape"));
                }
                self.at += 5;
            }
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            _ => return Err(self.wrong("Invalid \\escape")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `json.loads` of Python 3.11 says about each.
    #[test]
    fn python_says_the_same() {
        const VALUE: &str = "Expecting value";
        const NAME: &str = "Expecting property name enclosed in double quotes";
        const COMMA: &str = "Expecting ',' delimiter";
        const COLON: &str = "Expecting ':' delimiter";
        const ESCAPE: &str = "Invalid \\escape";
        const UNICODE: &str = "Invalid \\uXXXX escape";
        const UNTERMINATED: &str = "Unterminated string starting at";
        let rows = [
            ("", 0, VALUE),
            (" ", 1, VALUE),
            ("not json", 0, VALUE),
            ("nan", 0, VALUE),
            ("tru", 0, VALUE),
            (r#"{"a":tru}"#, 5, VALUE),
            ("-", 0, VALUE),
            (r#"{"a":-}"#, 5, VALUE),
            ("[", 1, VALUE),
            ("[1,", 3, VALUE),
            ("[1,]", 3, VALUE),
            (r#"{"a": ["#, 7, VALUE),
            (r#"{"a":"#, 5, VALUE),
            ("{", 1, NAME),
            ("{oops", 1, NAME),
            (r#"{"a":1,}"#, 7, NAME),
            (r#"{"a" 1}"#, 5, COLON),
            ("[1 2]", 3, COMMA),
            ("[1", 2, COMMA),
            (r#"{"a": 01}"#, 7, COMMA),
            (r#"{"a": 1.}"#, 7, COMMA),
            (r#"{"a": 1e+}"#, 7, COMMA),
            ("[}", 1, VALUE),
            ("[1}", 2, COMMA),
            ("01", 1, "Extra data"),
            ("1.", 1, "Extra data"),
            ("{} x", 3, "Extra data"),
            ("\"abc", 0, UNTERMINATED),
            ("[\"abc\\", 1, UNTERMINATED),
            (r#""\d""#, 1, ESCAPE),
            (r#""\u12""#, 2, UNICODE),
            (r#""\uZZZZ""#, 2, UNICODE),
            (r#""\u1234"#, 2, UNICODE),
            ("\"a\tb\"", 2, "Invalid control character at"),
        ];
        for (text, at, reason) in rows {
            assert_eq!(first_wrong(text), Err(Wrong { reason, at }), "{text}");
        }
    }

    #[test]
    fn nothing_is_wrong_with_json_nor_with_what_python_takes() {
        let good = r#" {"a": [1, -2.5e+3, "\u00e9\n\"", true, false, null, {}, [], {"b": {"c": [[0]]}}]} "#;
        assert!(serde_json::from_str::<serde_json::Value>(good).is_ok());
        for text in [good, "[NaN, Infinity, -Infinity]", "\"\\ud800\""] {
            assert_eq!(first_wrong(text), Ok(()), "{text}");
        }
    }
}
