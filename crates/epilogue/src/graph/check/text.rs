//! Comparisons of texts, for which a `const` function cannot use `==`.

pub(super) const fn contains(words: &[&str], word: &str) -> bool {
    let mut i = 0;
    while i < words.len() {
        if same(words[i], word) {
            return true;
        }
        i += 1;
    }
    false
}

pub(super) const fn same(a: &str, b: &str) -> bool {
    order(a, b) == 0
}

pub(super) const fn order(a: &str, b: &str) -> isize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return if a[i] < b[i] { -1 } else { 1 };
        }
        i += 1;
    }
    match (a.len() == b.len(), a.len() < b.len()) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    }
}
