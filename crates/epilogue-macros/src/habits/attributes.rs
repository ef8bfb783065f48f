//! Attributes that other libraries have for a parameter or a field. rustc would say that it does not know them.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, PatType, Type};

use crate::args::{Arg, ArgValue, Args};
use crate::diagnostics::Errors;
use crate::effects;
use crate::habits::advice::is_direct;
use crate::habits::fastapi::Declared;
use crate::parameter::name_of;
use crate::signature::Kind;
use crate::types::{bare, holds_value, is_named, owned, text};

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
    let ty = match bare(&input.ty) {
        Type::Reference(reference) => *reference.elem,
        ty => ty,
    };
    let options = own.iter().find_map(|attr| Some(text(&attr.meta.require_list().ok()?.tokens)));
    let name = name_of(&input.pat).map_or_else(|| String::from("name"), ToString::to_string);
    let declared = Declared { name, options, ty: ty.to_token_stream() };
    let arguments = match &first.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let message = match source(first) {
        Some("Depends") => {
            let name = effects::dependency(&arguments).unwrap_or_else(|| text(&ty));
            format!(
                "what a parameter depends on is its type: write `{}`",
                declared.whole(&[], &depends(&ty, &name))
            )
        }
        Some(source) => {
            let written = if is_direct(&ty) { text(&ty) } else { format!("{source}<{}>", owned(&ty)) };
            let whole = declared.whole(&said(arguments), &written);
            format!("where a parameter comes from is its type, not an attribute: write `{whole}`")
        }
        None if is_direct(&ty) && !holds_value(&ty) => {
            format!(
                "`{}` is not a value of the request, so nothing is said of it: remove this",
                declared.name
            )
        }
        None => {
            let written = if is_direct(&ty) { text(&ty) } else { format!("Query<{}>", owned(&ty)) };
            let mut said = said(arguments);
            if said.is_empty() {
                said.push(String::from("ge = 1"));
            }
            let whole = declared.whole(&said, &written);
            format!("what is said of a parameter stands in `#[param(…)]`: write `{whole}`")
        }
    };
    errors.at(first, message);
}

fn depends(ty: &Type, name: &str) -> String {
    if is_named(ty, "Depends") { text(ty) } else { format!("Depends<{}>", name.replace("::<", "<")) }
}

/// The type that says the same as an attribute.
fn source(attr: &Attribute) -> Option<&'static str> {
    SOURCES.iter().find(|(name, _)| attr.path().is_ident(name)).map(|(_, source)| *source)
}

/// The options of `#[param(…)]` that say the same as the arguments of such an attribute.
fn said(arguments: TokenStream) -> Vec<String> {
    let mut unsaid = Errors::default();
    let mut options = Vec::new();
    for Arg { name, value } in Args::named(arguments, "", &mut unsaid) {
        match (&*name.to_string(), value) {
            ("default", ArgValue::None) => options.push(String::from("default = Default::default()")),
            // serde names a function.
            ("default", ArgValue::Value(Expr::Lit(ExprLit { lit: Lit::Str(function), .. }))) => {
                options.push(format!("default = {}()", function.value()));
            }
            ("alias" | "name" | "rename", ArgValue::Value(value)) => {
                options.push(format!("alias = {}", text(&value)));
            }
            ("range", ArgValue::List(list)) => {
                let names = [("min", "ge"), ("max", "le"), ("exclusive_min", "gt"), ("exclusive_max", "lt")];
                options.extend(renamed(list, &names));
            }
            ("length", ArgValue::List(list)) => {
                options.extend(renamed(list, &[("min", "min_length"), ("max", "max_length")]));
            }
            (
                option @ ("ge" | "gt" | "le" | "lt" | "max_length" | "min_length" | "pattern"),
                ArgValue::Value(value),
            ) => {
                options.push(format!("{option} = {}", text(&value)));
            }
            _ => {}
        }
    }
    options
}

/// The values of a list under other names.
fn renamed(list: TokenStream, names: &[(&str, &str)]) -> Vec<String> {
    let renamed = |arg: Arg| {
        let (_, option) = names.iter().find(|(name, _)| arg.name == name)?;
        let ArgValue::Value(value) = arg.value else { return None };
        Some(format!("{option} = {}", text(&value)))
    };
    Args::named(list, "", &mut Errors::default()).into_iter().filter_map(renamed).collect()
}
