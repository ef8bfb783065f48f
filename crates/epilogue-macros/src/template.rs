//! Path templates: `/users/{id}`, `/files/{*path}`.

use syn::LitStr;

use crate::diagnostics::Errors;

/// The names in a template, in order.
pub(crate) fn segments(template: &LitStr, errors: &mut Errors) -> Vec<String> {
    let text = template.value();
    if !text.starts_with('/') {
        errors.at(template, format!("a path template starts with a slash: write \"/{text}\""));
    }
    let mut names: Vec<String> = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        if let Some(name) = part.strip_prefix(':')
            && !name.is_empty()
        {
            errors.at(
                template,
                format!("`:{name}` is not how a path parameter is written: write `{{{name}}}`"),
            );
            continue;
        }
        match names_of(part) {
            Err(message) => errors.at(template, message),
            Ok(found) => {
                for name in found {
                    if let Some(rest) = name.strip_prefix('*') {
                        if index + 1 < parts.len() {
                            errors.at(
                                template,
                                format!("`{{*{rest}}}` takes all that follows, so it stands last"),
                            );
                        }
                        add(&mut names, rest, template, errors);
                    } else {
                        add(&mut names, &name, template, errors);
                    }
                }
            }
        }
    }
    names
}

fn add(names: &mut Vec<String>, name: &str, template: &LitStr, errors: &mut Errors) {
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty();
    if !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
        errors.at(
            template,
            format!("`{{{name}}}` is not a name: write letters, digits and `_`, as in `{{item_id}}`"),
        );
    } else if names.iter().any(|earlier| earlier == name) {
        errors.at(
            template,
            format!("two segments are named `{{{name}}}`: rename one, each needs its own name"),
        );
    } else {
        names.push(name.to_owned());
    }
}

/// The names between braces in one segment; a doubled brace is a literal one.
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
