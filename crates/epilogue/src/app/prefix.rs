//! What is wrong with a router's prefix. The route macros say it of a template, but no macro sees a prefix.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What is wrong with a prefix, in the words of the route macros.
pub(super) fn flaw(prefix: &str) -> Option<String> {
    if prefix.is_empty() {
        return None;
    }
    if !prefix.starts_with('/') || prefix.ends_with('/') {
        return Some(String::from("it must begin with a slash and not end in one"));
    }
    prefix.split('/').find_map(flaw_of_segment)
}

fn flaw_of_segment(part: &str) -> Option<String> {
    let foreign = part.strip_prefix(':').or_else(|| part.strip_prefix('<')?.strip_suffix('>'));
    if let Some(name) = foreign.and_then(|name| name.rsplit(':').next()).filter(|name| is_name(name)) {
        return Some(format!("`{part}` is not how a path parameter is written: write `{{{name}}}`"));
    }
    let mut names = 0;
    let mut rest = part;
    while let Some(at) = rest.find(['{', '}', '?', '#', '*']) {
        let (sign, after) = (&rest[at..=at], &rest[at + 1..]);
        match sign {
            "?" | "#" => {
                return Some(format!("`{part}` is not part of a path: remove what begins with the `{sign}`"));
            }
            "*" if part == "*" => return Some(TAKES_ALL.replace("{}", part)),
            "*" => rest = after,
            brace if after.starts_with(brace) => rest = &after[1..],
            "}" => {
                return Some(format!(
                    "the segment `{part}` closes a brace that it did not open: write `{{name}}`"
                ));
            }
            _ => {
                let Some((name, after)) = after.split_once('}') else {
                    return Some(format!("the segment `{part}` does not close its brace: write `{{name}}`"));
                };
                if let Some(flaw) = flaw_of_name(name) {
                    return Some(flaw);
                }
                names += 1;
                rest = after;
            }
        }
    }
    if names > 1 {
        return Some(format!("the segment `{part}` has more than one parameter; put a slash between them"));
    }
    let sent = encoded(part);
    (sent != part).then(|| {
        format!("a client sends `{part}` percent-encoded, so write it that way in a prefix: `{sent}`")
    })
}

const TAKES_ALL: &str = "`{}` takes all that follows, so it stands last, in the template of a route";

fn flaw_of_name(name: &str) -> Option<String> {
    if name.starts_with('*') {
        return Some(TAKES_ALL.replace("{}", &format!("{{{name}}}")));
    }
    if let Some((name, _)) = name.split_once(':') {
        return Some(format!(
            "a path parameter has no type in the path: write `{{{name}}}`, and the type at the parameter"
        ));
    }
    if let Some(name) = name.strip_suffix('?') {
        return Some(format!(
            "a segment is always there, so `{{{name}?}}` cannot be left out: write `{{{name}}}`"
        ));
    }
    (!is_name(name))
        .then(|| format!("`{{{name}}}` is not a name: write letters, digits and `_`, as in `{{item_id}}`"))
}

fn is_name(text: &str) -> bool {
    text.chars().all(|char| char.is_alphanumeric() || char == '_')
        && !text.is_empty()
        && !text.starts_with(|char: char| char.is_ascii_digit())
}

/// A segment as a client sends it. What stands between braces is kept: it is a name, which is never sent.
fn encoded(segment: &str) -> String {
    const UNSENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');
    let encode = |part: &str| {
        let (text, name) = part.split_at(part.find('{').unwrap_or(part.len()));
        format!("{}{name}", utf8_percent_encode(text, UNSENT))
    };
    segment.split_inclusive('}').map(encode).collect()
}
