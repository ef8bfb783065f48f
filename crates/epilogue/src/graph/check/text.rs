//! Comparisons of texts, for which a `const` function cannot use `==`.

use std::cmp::Ordering;

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
    matches!(order(a, b), Ordering::Equal)
}

pub(in crate::graph) const fn order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    if i < a.len() && i < b.len() {
        order_of(a[i] as usize, b[i] as usize)
    } else {
        order_of(a.len(), b.len())
    }
}

const fn order_of(a: usize, b: usize) -> Ordering {
    if a < b {
        Ordering::Less
    } else if a == b {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}
