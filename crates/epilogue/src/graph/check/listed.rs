//! Routes that are listed together, and the shapes of their paths.

use super::text::same;
use crate::graph::node::RouteNode;
use crate::graph::verdict::Verdict;

/// Checks one of the routes that are listed together against those before it.
#[doc(hidden)]
pub const fn check_listed(routes: &[&'static RouteNode], index: usize) -> Verdict {
    let second = routes[index];
    if second.name.is_empty() {
        // It stands for a function that has an error of its own, which is reported there.
        return Verdict::RIGHT;
    }
    let mut i = 0;
    while i < index {
        let first = routes[i];
        if first.shape == second.shape && same_path(first.template, second.template) {
            return_if_wrong!(check_of_one_path(first, second));
        }
        i += 1;
    }
    Verdict::RIGHT
}

const fn check_of_one_path(first: &RouteNode, second: &RouteNode) -> Verdict {
    if same(first.method, second.method) {
        if same(first.name, second.name) && same(first.module, second.module) {
            return Verdict::wrong(&["`", second.name, "` is listed twice: remove one of them"]);
        }
        let mut verdict =
            Verdict::wrong(&["`", second.name, "` answers ", second.method, " ", second.template]);
        verdict.add(&[", which `", first.name, "`"]);
        if same(first.name, second.name) {
            verdict.add(&[" of `", first.module, "`"]);
        }
        verdict.add(&[" already does: change the path or the method of one, or remove it"]);
        return verdict;
    }
    if same(first.template, second.template) {
        return Verdict::RIGHT;
    }
    Verdict::wrong(&[
        "`",
        first.name,
        "` and `",
        second.name,
        "` name the segments of one path differently, \"",
        first.template,
        "\" and \"",
        second.template,
        "\": give them the same names",
    ])
}

/// Whether two templates match the same paths: the names between braces do not count.
pub(crate) const fn same_path(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] != b[j] {
            return false;
        }
        let named = a[i] == b'{';
        i += 1;
        j += 1;
        if named && i < a.len() && j < b.len() {
            if (a[i] == b'{') != (b[j] == b'{') || (a[i] == b'*') != (b[j] == b'*') {
                return false;
            }
            if a[i] == b'{' {
                i += 1;
                j += 1;
            } else {
                i = end_of_name(a, i);
                j = end_of_name(b, j);
            }
        }
    }
    i == a.len() && j == b.len()
}

/// The FNV-1a digest of a template without its names, so that many routes are told apart quickly.
#[doc(hidden)]
pub const fn shape_of(template: &str) -> u64 {
    let bytes = template.as_bytes();
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        digest = (digest ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
        let is_name = bytes[i - 1] == b'{' && i < bytes.len() && bytes[i] != b'{';
        if is_name {
            i = end_of_name(bytes, i);
        } else if bytes[i - 1] == b'{' {
            i += 1;
        }
    }
    digest
}

const fn end_of_name(template: &[u8], mut at: usize) -> usize {
    while at < template.len() && template[at] != b'}' {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_count_when_paths_are_compared() {
        assert!(same_path("/items/{id}/x", "/items/{item}/x"));
        assert!(!same_path("/items/{id}", "/items/{*id}"));
        assert!(!same_path("/items/{id}", "/items/list"));
        assert!(same_path("/a{{b", "/a{{b"));
        assert!(!same_path("/a", "/a/"));
    }

    #[test]
    fn templates_of_one_path_are_of_one_shape() {
        for (a, b) in
            [("/items/{id}/x", "/items/{item}/x"), ("/files/{*a}", "/files/{*path}"), ("/a{{b", "/a{{b")]
        {
            assert!(same_path(a, b));
            assert_eq!(shape_of(a), shape_of(b), "{a} {b}");
        }
        assert_ne!(shape_of("/items/{id}"), shape_of("/items/list"));
        assert_ne!(shape_of("/a{{b"), shape_of("/a{b}"));
    }
}
