//! Attributes that other libraries have for a parameter or a field. rustc would say that it does not know them.

use syn::{Attribute, PatType};

use crate::diagnostics::Errors;
use crate::habits::advice::is_direct;
use crate::habits::fastapi::{Declared, depending};
use crate::parameter::name_of;
use crate::signature::Kind;
use crate::types::{owned, text};

/// The attributes that say where a parameter comes from, and the type that says so here.
const SOURCES: &[(&str, &str)] = &[
    ("body", "Json"),
    ("cookie", "Cookie"),
    ("depends", "Depends"),
    ("file", "File"),
    ("form", "Form"),
    ("header", "Header"),
    ("json", "Json"),
    ("path", "Path"),
    ("query", "Query"),
    ("state", "State"),
];

/// The attributes that say what its value is.
const SAYING: &[&str] = &["garde", "params", "serde", "validate"];

/// Notes such attributes of a parameter, and takes them off. `own` are those that are ours.
pub(crate) fn refuse(input: &mut PatType, own: &[Attribute], kind: Kind, errors: &mut Errors) {
    let is_other =
        |attr: &mut Attribute| source(attr).is_some() || SAYING.iter().any(|name| attr.path().is_ident(name));
    let others: Vec<_> = input.attrs.extract_if(.., is_other).collect();
    let Some(first) = others.first() else { return };
    if kind == Kind::Task {
        errors.at(
            first,
            "a task's arguments are not looked up in a request, so they have no such attribute: remove it",
        );
        return;
    }
    let options = own.iter().find_map(|attr| Some(text(&attr.meta.require_list().ok()?.tokens)));
    let name = name_of(&input.pat).map_or_else(|| String::from("name"), ToString::to_string);
    let declared = Declared::new(name, options, &input.ty);
    let ty = &declared.ty;
    let written = |source: &str| if is_direct(ty) { text(ty) } else { format!("{source}<{}>", owned(ty)) };
    let message = match source(first) {
        Some("Depends") => {
            let arguments = first.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default();
            depending(&declared, &arguments)
        }
        Some(source) => {
            let whole = declared.whole(&[], &written(source));
            format!("where a parameter comes from is its type, not an attribute: write `{whole}`")
        }
        None => {
            let whole = declared.whole(&[String::from("…")], &written("Query"));
            format!(
                "what is said of a parameter stands in its `#[param(…)]`: write `{whole}`, with options such as `default`, `alias`, \
                 `ge` and `min_length`"
            )
        }
    };
    errors.at(first, message);
}

/// The type that says the same as an attribute.
fn source(attr: &Attribute) -> Option<&'static str> {
    SOURCES.iter().find(|(name, _)| attr.path().is_ident(name)).map(|(_, source)| *source)
}
