//! One parameter of a function.

use proc_macro2::{Ident, Span};
use quote::quote;
use syn::ext::IdentExt;
use syn::{
    Attribute, Expr, ExprLit, FnArg, Lit, Meta, MetaNameValue, Pat, PatType, Type, TypeReference, parse_quote,
};

use crate::diagnostics::Errors;
use crate::forbidden::{self, Place};
use crate::habits::{advice, attributes};
use crate::signature::Kind;
use crate::types;

/// A parameter of a function, or field of a struct.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    /// The name to look up, unless there is an alias.
    pub(crate) key: String,
    /// The type without the reference.
    pub(crate) ty: Type,
    /// The type as the function's body has it, which may differ: see `names.rs`.
    pub(crate) ty_in_body: Type,
    /// The whole type as the user wrote it.
    pub(crate) ty_as_written: Type,
    /// It is taken as `&T`.
    pub(crate) borrowed: bool,
    /// `#[param(...)]`, taken off the function.
    pub(crate) attrs: Vec<Attribute>,
    /// Something is wrong with it that has been reported, so rustc need not check it as well.
    pub(crate) is_reported: bool,
    /// What stands as its type is one. If it stayed otherwise, rustc would report it again, and the function's body with it.
    pub(crate) is_type: bool,
}

impl Parameter {
    pub(crate) fn new(name: Ident, ty_as_written: Type, attrs: Vec<Attribute>) -> Self {
        let (ty, borrowed) = match &ty_as_written {
            Type::Reference(reference) => ((*reference.elem).clone(), true),
            ty => (ty.clone(), false),
        };
        let key = key(&name);
        Self {
            name,
            key,
            ty_in_body: ty.clone(),
            ty,
            ty_as_written,
            borrowed,
            attrs,
            is_reported: false,
            is_type: true,
        }
    }

    /// Whether it is, or holds, a `Depends` whose name is looked up.
    pub(crate) fn names_dependency(&self) -> bool {
        !types::same(&self.ty, &self.ty_in_body)
    }

    /// Whether it is a `Depends` itself.
    pub(crate) fn is_owned_depends(&self) -> bool {
        !self.borrowed && types::is_named(&self.ty, "Depends")
    }

    /// Whether a path function's check of it could find nothing: it depends on nothing, leaves path and body alone, and has no options. Such
    /// a check is left out, since each costs the user's build a little.
    pub(crate) fn needs_no_check(&self) -> bool {
        const PLAIN: &[&str] =
            &["Query", "Header", "Cookie", "State", "BackgroundTasks", "Reply", "RequestParts", "ClientAddr"];
        self.attrs.is_empty() && types::is_one_of(&self.ty, PLAIN)
    }

    /// Whether the body can state its type once more, see `names.rs`. That is left out for an unused parameter, since lints would notice.
    pub(crate) fn can_be_named_in_body(&self) -> bool {
        self.is_owned_depends() && !self.name.to_string().starts_with('_')
    }
}

/// Reads a parameter, and takes off its attributes what is the macro's.
pub(crate) fn read(input: &mut FnArg, kind: Kind, errors: &mut Errors) -> Option<Parameter> {
    let of = kind.name();
    let input = match input {
        FnArg::Receiver(receiver) => {
            errors.at(
                receiver,
                format!(
                    "{of} is a free function and takes no `self`: remove it, move the function out of the `impl`, and take \
                     what it needs as `State<…>` or `Depends<…>`"
                ),
            );
            return None;
        }
        FnArg::Typed(input) => input,
    };
    let attrs: Vec<_> = input.attrs.extract_if(.., |attr| attr.path().is_ident("param")).collect();
    check_documentation(input, kind, errors);
    attributes::refuse(input, &attrs, kind, errors);
    for attr in input.attrs.extract_if(.., |attr| is_condition(attr)) {
        errors.at(
            attr,
            "the macro reads all parameters and options, whether they are there or not: write a function for each case under `#[cfg(…)]`",
        );
    }
    let Some(name) = name_of(&input.pat).cloned() else {
        errors.at(&input.pat, nameless(input, kind));
        return None;
    };
    let ty_as_written = types::bare(&input.ty);
    if kind == Kind::Task {
        return task_argument(name, ty_as_written, &attrs, errors);
    }
    if let Type::Reference(reference) = &ty_as_written {
        if types::is_unsized(&reference.elem) {
            errors.at(reference, forbidden::unsourced(reference, &reference.elem));
            return None;
        }
        check_reference(&name, reference, errors);
    }
    let mut param = Parameter::new(name, ty_as_written, attrs);
    param.is_type = forbidden::check(&param.ty, of, Place::Parameter, errors);
    Some(param)
}

/// A parameter may be lent for the call, and no more than that.
fn check_reference(name: &Ident, reference: &TypeReference, errors: &mut Errors) {
    let ty = types::text(&reference.elem);
    if let Some(mutability) = &reference.mutability {
        errors.at(
            mutability,
            if types::is_named(&reference.elem, "WebSocket") {
                format!("the socket is the function's own, and not borrowed: write `mut {name}: {ty}`")
            } else if types::is_named(&reference.elem, "Response") {
                String::from("the reply in the making is the request's, which shares it: write `&Reply`")
            } else if types::is_named(&reference.elem, "Request") {
                format!(
                    "the request has one owner: write `&RequestParts`, or `Extract<{ty}>` to take all of it"
                )
            } else {
                format!("a parameter cannot be `&mut`, since the request shares it: write `&{ty}` or `{ty}`")
            },
        );
    }
    if let Some(lifetime) = &reference.lifetime
        && lifetime.ident == "static"
    {
        errors.at(
            lifetime,
            format!("a parameter is lent for the call alone: write `&{ty}`, or `{ty}` to own it"),
        );
    }
}

/// The name that a parameter looks up: without a leading `_`, which rustc wants for a parameter that is not used.
fn key(name: &Ident) -> String {
    let name = name.unraw().to_string();
    let key = name.trim_start_matches('_');
    if key.is_empty() { name } else { key.to_owned() }
}

pub(crate) fn name_of(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

pub(crate) fn is_nameless(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(input) if name_of(&input.pat).is_none())
}

/// Refuses a parameter with the name of an earlier one, and takes the name off it. rustc would do so too, unless one of them comes out of a
/// macro, where it is a name of its own.
pub(crate) fn refuse_second(input: &mut FnArg, param: &Parameter, kind: Kind, errors: &mut Errors) {
    let Parameter { name, key, ty, .. } = param;
    let message = if kind == Kind::Task {
        format!("an earlier argument is called `{name}` too: write another name")
    } else if types::holds_value(ty) {
        format!(
            "an earlier parameter is called `{name}` too: write another name, with `#[param(alias = {key:?})]` before it"
        )
    } else {
        format!("an earlier parameter is called `{name}` too: write another name")
    };
    errors.at(name, message);
    if let FnArg::Typed(typed) = input {
        *typed.pat = parse_quote!(_);
    }
}

/// The parameters to write for axum's `Path((id, name))`, one for each segment.
fn segments(pattern: &Pat, ty: &Type) -> Option<String> {
    let (Pat::TupleStruct(pattern), [Type::Tuple(types)]) = (pattern, &types::arguments(ty)[..]) else {
        return None;
    };
    let Some(Pat::Tuple(names)) = pattern.elems.first() else { return None };
    if !types::is_named(ty, "Path") || pattern.elems.len() != 1 || names.elems.len() != types.elems.len() {
        return None;
    }
    let parameter =
        |(name, ty): (&Pat, &Type)| Some(format!("{}: Path<{}>", name_of(name)?, types::text(ty)));
    let parameters: Option<Vec<_>> = names.elems.iter().zip(&types.elems).map(parameter).collect();
    Some(parameters?.join(", "))
}

/// The one name in a pattern like axum's `Path(id)`.
fn name_within(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::TupleStruct(pattern) if pattern.elems.len() == 1 => name_of(pattern.elems.first()?),
        _ => None,
    }
}

/// Whether an attribute decides if a parameter is there, or which options it has. rustc does what it says only after the macro.
fn is_condition(attr: &Attribute) -> bool {
    let of_macro = |word: &Ident| word == "cfg" || word == "param";
    let is_cfg_attr = attr.path().is_ident("cfg_attr");
    attr.path().is_ident("cfg") || is_cfg_attr && types::word(quote!(#attr), &of_macro).is_some()
}

/// rustc refuses documentation of a parameter.
fn check_documentation(input: &mut PatType, kind: Kind, errors: &mut Errors) {
    let docs: Vec<_> = input.attrs.extract_if(.., |attr| attr.path().is_ident("doc")).collect();
    let Some(first) = docs.first() else { return };
    let text = match &first.meta {
        Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), .. }) => {
            text.value().trim().to_owned()
        }
        _ => String::from("…"),
    };
    errors.at(
        first,
        if kind == Kind::Task {
            String::from("an argument has no documentation of its own: write it above the function")
        } else {
            format!("a parameter has no documentation of its own: write `#[param(description = {text:?})]`")
        },
    );
}

/// The error for a parameter without a name.
fn nameless(input: &PatType, kind: Kind) -> String {
    if kind == Kind::Task {
        return String::from(
            "an argument of a task needs a name, by which it is given: write `name: Type`, and take it apart in the body",
        );
    }
    let ty = types::bare(&input.ty);
    match (&*input.pat, types::last_name(&ty), &types::arguments(&ty)[..]) {
        (Pat::Wild(_), Some(depends), [named]) if depends == "Depends" => {
            let name =
                types::last_name(named).map_or_else(|| String::from("name"), |name| name.unraw().to_string());
            format!(
                "a parameter needs a name, and this one is only wanted for its effect: write `_{name}: {}`",
                types::text(&ty)
            )
        }
        (pattern, ..) if let Some(segments) = segments(pattern, &ty) => {
            format!("a parameter needs a name, which is what is looked up in the request: write `{segments}`")
        }
        (pattern, ..)
            if let Some(name) = name_within(pattern)
                && let Some(instead) = advice::named(name, &ty) =>
        {
            format!("a parameter needs a name, which is what is looked up in the request: write {instead}")
        }
        _ => String::from(
            "a parameter needs a name, which is what is looked up in the request: write `name: Type`, and take it apart in the body",
        ),
    }
}

/// Reads an argument of a task: a plain value that the task owns.
fn task_argument(name: Ident, ty: Type, attrs: &[Attribute], errors: &mut Errors) -> Option<Parameter> {
    for attr in attrs {
        errors.at(
            attr,
            "a task's arguments are not looked up in a request, so they have no `#[param(…)]`: remove it",
        );
    }
    if let Type::Reference(reference) = &ty {
        let elem = &reference.elem;
        let instead = match advice::data_of(elem, Span::call_site()) {
            Some(data) => format!("write `{}`", types::text(&data).replace("__epilogue::", "")),
            None if advice::is_of_request(elem) => {
                format!(
                    "write `{}`, remove `#[task]`, and add it by `add_task`, which takes any argument",
                    types::text(elem)
                )
            }
            None => format!("write `{}`", types::owned(elem)),
        };
        errors.at(
            reference,
            format!(
                "a task owns its arguments, which outlive the request, and `{name}` is borrowed: {instead}"
            ),
        );
        return None;
    }
    let mut param = Parameter::new(name, ty, Vec::new());
    param.is_type = forbidden::check(&param.ty, Kind::Task.name(), Place::Task, errors);
    Some(param)
}
