//! What FastAPI says about a parameter in its default, or in an `Annotated`, and how to write it here.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Expr, ExprLit, Lit, Type};

use crate::effects;
use crate::habits::advice::{is_credentials, is_valueless};
use crate::habits::repair::split;
use crate::types::{arguments, bare, holds_value, is_named, is_one_of, last_name, owned, text};

/// The options that FastAPI has under the same name, and those that it calls otherwise.
const OPTIONS: &[(&str, &str)] = &[
    ("alias", "alias"),
    ("description", "description"),
    ("ge", "ge"),
    ("gt", "gt"),
    ("le", "le"),
    ("lt", "lt"),
    ("max_items", "max_length"),
    ("max_length", "max_length"),
    ("min_items", "min_length"),
    ("min_length", "min_length"),
    ("pattern", "pattern"),
    ("regex", "pattern"),
];

/// A parameter as it is declared.
pub(crate) struct Declared {
    pub(crate) name: String,
    /// What its `#[param(…)]` says.
    options: Option<String>,
    /// The type without a reference.
    pub(crate) ty: Type,
}

/// FastAPI's `Query(…)`, `Depends(…)` and so on.
pub(crate) struct Call {
    name: String,
    arguments: TokenStream,
}

impl Call {
    /// Reads a call of something that FastAPI has.
    pub(crate) fn read(tokens: &TokenStream) -> Option<Self> {
        const CALLED: &[&str] =
            &["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"];
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        match &tokens[..] {
            [.., TokenTree::Ident(name), TokenTree::Group(group)]
                if group.delimiter() == Delimiter::Parenthesis && CALLED.iter().any(|call| name == call) =>
            {
                Some(Self { name: name.to_string(), arguments: group.stream() })
            }
            _ => None,
        }
    }
}

/// The error for a call, which is the default itself or stands in an `Annotated` with that default.
pub(crate) fn called(declared: &Declared, call: &Call, default: Option<&TokenStream>) -> String {
    if call.name == "Depends" || call.name == "Security" {
        return depending(declared, &call.arguments);
    }
    let mut options = Vec::new();
    let mut default = default.cloned();
    for (index, (argument, _)) in split(call.arguments.clone()).into_iter().enumerate() {
        let mut tokens = argument.clone().into_iter();
        match (tokens.next(), tokens.next()) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(equals))) if equals.as_char() == '=' => {
                let value: TokenStream = tokens.collect();
                if name == "default" {
                    default = Some(value);
                } else if name == "embed" && value.to_string().eq_ignore_ascii_case("true") {
                    options.push(String::from("embed"));
                } else if let Some((_, option)) = OPTIONS.iter().find(|(option, _)| name == option) {
                    options.push(format!("{option} = {}", text(&value)));
                }
            }
            (Some(_), _) if index == 0 => default = Some(argument),
            _ => {}
        }
    }
    let (source, held) = sourced(&declared.ty, if call.name == "Body" { "Json" } else { &call.name });
    let default = default.filter(|value| !is_ellipsis(value) && source != "Path");
    let (held, default) = with_default(held, default.as_ref());
    if let Some(default) = default {
        options.insert(0, format!("default = {default}"));
    }
    let whole = declared.whole(&options, &format!("{source}<{held}>"));
    if options.is_empty() {
        format!("where a parameter comes from is its type: write `{whole}`")
    } else {
        format!("{COMES_FROM}: write `{whole}`")
    }
}

const COMES_FROM: &str =
    "where a parameter comes from is its type, and what else is said of it stands before its name";

/// The error for `Depends(name)` and `Security(name, scopes = ["me"])`, and for an attribute with such arguments.
pub(crate) fn depending(declared: &Declared, called_with: &TokenStream) -> String {
    let own = || match arguments(&declared.ty)[..] {
        [inner] if is_one_of(&declared.ty, &["Depends", "Option"]) => text(inner),
        _ => text(&declared.ty),
    };
    let name = effects::dependency(called_with).map_or_else(own, |name| name.replace("::<", "<"));
    let is_fresh = called_with.to_string().replace(' ', "").to_lowercase().contains("use_cache=false");
    let ty = if is_fresh { format!("Depends<Fresh<{name}>>") } else { format!("Depends<{name}>") };
    let scopes = effects::scopes(called_with).map(|scopes| format!("scopes({scopes})"));
    let options: Vec<_> = scopes.into_iter().collect();
    format!("what a parameter depends on is its type: write `{}`", declared.whole(&options, &ty))
}

/// The error for a default that is a value.
pub(crate) fn valued(declared: &Declared, value: &TokenStream) -> String {
    let ty = &declared.ty;
    let is_none = is_none(value);
    if is_none && (is_credentials(ty) || is_named(ty, "Depends")) {
        let whole = declared.whole(&[], &format!("Option<{}>", text(ty)));
        return format!("{MISSING}: write `{whole}`");
    }
    if is_valueless(ty) {
        let whole = declared.whole(&[], &text(ty));
        return format!("`{}` needs no default: write `{whole}`", last(ty));
    }
    let (source, held) = sourced(ty, "Query");
    let (held, default) = with_default(held, Some(value).filter(|value| !is_ellipsis(value)));
    let options: Vec<_> = default.map(|default| format!("default = {default}")).into_iter().collect();
    let whole = declared.whole(&options, &format!("{source}<{held}>"));
    if is_none {
        format!("{MISSING}: write `{whole}`")
    } else {
        format!("a default stands before the parameter's name: write `{whole}`")
    }
}

/// What says where a value comes from, `source` if it says nothing itself, and the type of the value.
fn sourced(ty: &Type, source: &str) -> (String, String) {
    match arguments(ty)[..] {
        [held] if holds_value(ty) || is_named(ty, "File") => (last(ty), owned(held)),
        [inner] if is_named(ty, "Option") && (holds_value(inner) || is_named(inner, "File")) => {
            let held = arguments(inner).first().map_or_else(|| String::from("…"), |held| owned(held));
            (last(inner), format!("Option<{held}>"))
        }
        _ => (String::from(source), owned(ty)),
    }
}

pub(crate) const MISSING: &str = "what may be missing is an `Option`, which needs no default";

/// The type that a parameter holds with this default, and the default as this type wants it.
fn with_default(held: String, default: Option<&TokenStream>) -> (String, Option<String>) {
    let within = held.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
    let Some(default) = default else { return (held, None) };
    if is_none(default) {
        return if within.is_some() { (held, None) } else { (format!("Option<{held}>"), None) };
    }
    let of_type = within.unwrap_or(&held);
    let written = text(default);
    let written = match syn::parse2::<Expr>(default.clone()) {
        Ok(Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) if of_type == "String" => format!("{written}.into()"),
        Ok(Expr::Array(array)) if of_type.starts_with("Vec<") => format!("vec![{}]", text(&array.elems)),
        _ if written == "True" || written == "False" => written.to_lowercase(),
        _ => written,
    };
    let is_some = written.starts_with("Some");
    let written = if within.is_some() && !is_some { format!("Some({written})") } else { written };
    (held, Some(written))
}

impl Declared {
    pub(crate) fn new(name: String, options: Option<String>, ty: &Type) -> Self {
        let ty = match bare(ty) {
            Type::Reference(reference) => *reference.elem,
            ty => ty,
        };
        Self { name, options, ty }
    }

    /// The whole parameter, with these options and those that it has.
    pub(crate) fn whole(&self, options: &[String], ty: &str) -> String {
        let options: Vec<_> = options.iter().chain(&self.options).cloned().collect();
        let name = &self.name;
        if options.is_empty() {
            format!("{name}: {ty}")
        } else {
            format!("#[param({})] {name}: {ty}", options.join(", "))
        }
    }
}

fn last(ty: &Type) -> String {
    last_name(ty).map_or_else(|| String::from("…"), ToString::to_string)
}

fn is_none(value: &TokenStream) -> bool {
    value.to_string() == "None"
}

/// Python's `...`, which says there that a parameter has no default.
pub(crate) fn is_ellipsis(tokens: &TokenStream) -> bool {
    tokens.to_string().replace(' ', "") == "..."
}
