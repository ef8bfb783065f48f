//! Path templates: `/users/{id}`, `/files/{*path}`.

use std::ops::Range;

use proc_macro2::{Literal, Span};
use syn::{Ident, LitStr};

use crate::diagnostics::{Errors, nearest};
use crate::item::can_be_raw;

/// The names in a template, in order. An error is reported at its segment if the compiler lets a macro point into a literal, otherwise at
/// the whole literal.
pub(crate) fn segments(template: &LitStr, errors: &mut Errors) -> Vec<String> {
    let text = template.value();
    let span = |range: Range<usize>| within(template, &text, range);
    if let Some(path) = path_alone(&text) {
        errors.at(
            template,
            format!("a path template is a path alone, without method, scheme or host: write \"{path}\""),
        );
        return Vec::new();
    }
    let path = text.trim();
    if path.len() < text.len() {
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{path}");
        errors.at(template, format!("a path template has no space around it: remove it, and write {path:?}"));
        return Vec::new();
    }
    // An empty template stands for the prefix of its router.
    if !text.is_empty() && !text.starts_with('/') {
        let path = text.strip_prefix('\\').map(|path| path.replace('\\', "/"));
        let path = format!("/{}", path.as_ref().unwrap_or(&text));
        errors.at(template, format!("a path template starts with a slash: write {path:?}"));
        if text.starts_with('\\') {
            return Vec::new();
        }
    }
    let query = query(&text);
    if let Some((at, char)) = query {
        let message = if char == '?' {
            "a path template is a path alone: take what follows the `?` as `Query<…>` parameters, and remove it here"
        } else {
            "a path template is a path alone, and clients do not send what follows a `#`: remove it here"
        };
        errors.push(syn::Error::new(span(at..text.len()), message));
    }
    let mut names: Vec<String> = Vec::new();
    let mut start = 0;
    let path = &text[..query.map_or(text.len(), |(at, _)| at)];
    for part in path.split('/') {
        let range = start..start + part.len();
        start = range.end + 1;
        if let Err(message) = add(part, range.end == path.len(), &mut names) {
            errors.push(syn::Error::new(span(range), message));
        }
    }
    names
}

/// The path in `GET /items` and in `http://localhost/items`.
fn path_alone(text: &str) -> Option<&str> {
    if text.starts_with('/') {
        return None;
    }
    if let Some((_, rest)) = text.split_once("://") {
        return Some(rest.find('/').map_or("/", |at| &rest[at..]));
    }
    let (method, path) = text.split_once(' ')?;
    let path = path.trim_start();
    (path.starts_with('/') && !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic()))
        .then_some(path)
}

/// Where a query or a fragment begins, and with which character. A `?` between braces is not a query: other frameworks mark optional parameters so.
fn query(text: &str) -> Option<(usize, char)> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, char)| {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && matches!(char, '?' | '#')).then_some((at, char))
    })
}

/// Adds the names of one segment.
fn add(part: &str, is_last: bool, names: &mut Vec<String>) -> Result<(), String> {
    if let Some(written) = from_elsewhere(part) {
        return Err(format!("`{part}` is not how a path parameter is written: write `{written}`"));
    }
    if ["*", "**", "{*}", "{**}"].contains(&part) {
        return Err(format!("`{part}` has no name: write `{{*rest}}`, which takes all that follows"));
    }
    let found = names_of(part)?;
    if let Some(sent) = encoded(part) {
        return Err(format!(
            "a client sends `{part}` percent-encoded, so write it that way in a template: `{sent}`"
        ));
    }
    for within in found {
        let name = name_within(part, &within, is_last)?;
        if names.iter().any(|earlier| earlier == name) {
            return Err(format!("two segments are named `{{{name}}}`: rename one, each needs its own name"));
        }
        names.push(name.to_owned());
    }
    Ok(())
}

/// A segment as it is written here, if it is written as in another framework: `:id`, `${id}`, `<int:id>` or `*rest`.
fn from_elsewhere(part: &str) -> Option<String> {
    if let Some(rest) = part.strip_prefix(':')
        && let (name, after) = rest.split_at(rest.find(|char| !is_name_char(char)).unwrap_or(rest.len()))
        && !name.is_empty()
    {
        // What marks the name as optional, or as a regular expression, is not a text that follows it.
        let after = if after.contains(['(', '?', '*', '+', ':', '<']) { "" } else { after };
        return Some(format!("{{{name}}}{after}"));
    }
    if part.contains("${") && !part.contains("${{") && part.contains('}') {
        return Some(part.replace("${", "{"));
    }
    if let Some(name) = part.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        let (kind, name) = name.rsplit_once(':').unwrap_or(("", name));
        return Some(match name.strip_suffix("..") {
            Some(name) => format!("{{*{name}}}"),
            None if kind == "path" => format!("{{*{name}}}"),
            None => format!("{{{name}}}"),
        });
    }
    let name = part.strip_prefix('*')?.trim_start_matches('*');
    is_name(name).then(|| format!("{{*{name}}}"))
}

/// The name in what stands between the braces of a segment.
fn name_within<'w>(part: &str, within: &'w str, is_last: bool) -> Result<&'w str, String> {
    let name = within.strip_prefix('*').unwrap_or(within);
    if name.len() < within.len() && !is_last {
        return Err(format!(
            "`{{*{name}}}` takes all that follows, so it stands last: move it, or write `{{{name}}}`"
        ));
    }
    if let Some((name, kind)) = name_and_type(name) {
        return Err(if part == format!("{{{name}:path}}") {
            format!("`{part}` is how FastAPI writes it: write `{{*{name}}}`, which takes all that follows")
        } else if ["path", "*", ".*", ".+"].contains(&kind) {
            format!(
                "`{part}` is how another framework writes it: write `{{*{name}}}`, which takes all that follows"
            )
        } else {
            format!(
                "a path parameter has no type in the template: write `{{{name}}}`, and the type at the parameter"
            )
        });
    }
    if let Some(name) = rest_of(name) {
        return Err(format!("`{part}` is not how the rest of a path is written: write `{{*{name}}}`"));
    }
    if let Some(name) = name.strip_suffix('?').filter(|name| is_name(name)) {
        return Err(format!(
            "a segment is always there, so `{{{name}?}}` cannot be left out: write `{{{name}}}`, and a second path function for \
             the path without it"
        ));
    }
    if is_name(name) {
        return Ok(name);
    }
    let instead = match name.trim() {
        name if is_name(name) => format!("`{{{name}}}`, without spaces"),
        name if let Some((name, after)) = name.split_once('.')
            && is_name(name) =>
        {
            format!("`{{{name}}}.{after}`")
        }
        _ => String::from("letters, digits and `_`, as in `{item_id}`"),
    };
    Err(format!("`{{{name}}}` is not a name: write {instead}"))
}

/// The parts of FastAPI's `{id:int}` and of Flask's `{int:id}`.
fn name_and_type(within: &str) -> Option<(&str, &str)> {
    const TYPES: &[&str] = &["int", "integer", "float", "str", "string", "uuid", "slug", "path"];
    let (first, second) = within.split_once(':')?;
    Some(if TYPES.contains(&first) && is_name(second) { (second, first) } else { (first, second) })
}

/// The name of `{rest*}`, `{rest...}`, `{...rest}` and `{**rest}`, whose first star has been taken.
fn rest_of(within: &str) -> Option<&str> {
    let name = within.trim_start_matches(['.', '*']).trim_end_matches(['*', '.', '+']);
    (name != within && is_name(name)).then_some(name)
}

/// What a client sends for the text of a segment, if that differs. A name between braces is not such a text.
fn encoded(segment: &str) -> Option<String> {
    let mut sent = String::new();
    let mut in_braces = false;
    for char in segment.chars() {
        in_braces = char == '{' || in_braces && char != '}';
        if in_braces || char.is_ascii_graphic() && !"\"<>`".contains(char) {
            sent.push(char);
        } else {
            sent.extend(char.to_string().bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    (sent != segment).then_some(sent)
}

/// The names between braces in one segment. A doubled brace is a literal one.
fn names_of(segment: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut rest = segment;
    while let Some(at) = rest.find(['{', '}']) {
        let (brace, after) = (&rest[at..=at], &rest[at + 1..]);
        if let Some(literal) = after.strip_prefix(brace) {
            rest = literal;
            continue;
        }
        if brace == "}" {
            return Err(format!(
                "the segment `{segment}` closes a brace that it did not open: write `{{name}}`"
            ));
        }
        let Some(end) = after.find('}') else {
            return Err(format!("the segment `{segment}` does not close its brace: write `{{name}}`"));
        };
        names.push(after[..end].to_owned());
        rest = &after[end + 1..];
    }
    if names.len() > 1 {
        return Err(format!("the segment `{segment}` has more than one parameter; put a slash between them"));
    }
    Ok(names)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(is_name_char)
        && !text.starts_with(|char: char| char.is_ascii_digit())
}

fn is_name_char(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// How to name a path parameter that the template does not have. `free` are the segments that no parameter is named like.
pub(crate) fn rename(name: &str, is_alias: bool, template: &str, free: &[&str]) -> String {
    if template.contains(&format!("{{{{{name}}}}}")) {
        return format!("doubled braces stand for literal ones: write one on each side, `{{{name}}}`");
    }
    let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let same = free.iter().copied().find(|free| letters(free) == letters(name));
    if let Some(near) = same.or_else(|| nearest(name, free)) {
        return name_like(near, is_alias);
    }
    // The only segment that is left may also be that of a dependency.
    let left = if let [left] = free { format!("{}, ", name_like(left, is_alias)) } else { String::new() };
    format!(
        "{left}add `{{{name}}}` to the template, write `Query<…>`, or `#[param(from_prefix)]` where the prefix of a `Router` has it"
    )
}

/// How to have a parameter read this segment.
fn name_like(segment: &str, is_alias: bool) -> String {
    if is_alias {
        return format!("write `alias = \"{segment}\"`");
    }
    // Not a name for a parameter in Rust, or one that is looked up without its `_`.
    if segment.starts_with('_') || segment.contains(|char: char| char.is_ascii_uppercase()) {
        return format!("write `#[param(alias = \"{segment}\")]`");
    }
    if syn::parse_str::<Ident>(segment).is_ok() {
        return format!("rename it to `{segment}`");
    }
    // A keyword, which a parameter can have as its name only as `r#…`, if at all.
    let raw = if can_be_raw(segment) { format!("rename it to `r#{segment}`, or ") } else { String::new() };
    format!("{raw}write `#[param(alias = \"{segment}\")]`")
}

/// The span of a part of the literal, if the literal is written in the source exactly as its value reads.
fn within(template: &LitStr, text: &str, range: Range<usize>) -> Span {
    let literal: Literal = template.token();
    if literal.to_string() != format!("\"{text}\"") || range.is_empty() {
        return template.span();
    }
    literal.subspan(range.start + 1..=range.end).unwrap_or_else(|| template.span())
}
