//! What can be found out about a type from the way it is written.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, Generics, Ident, Path, PathArguments, Type, TypeGroup, TypeParamBound,
    TypeParen, TypePath, TypeTraitObject, parse_quote,
};

use crate::names::respanned;

/// A type without what may stand around it or its parts: parentheses, or the invisible group of a macro's `$t:ty`. All code that goes by
/// how a type is written uses this.
pub(crate) fn bare(ty: &Type) -> Type {
    struct Bares;
    impl VisitMut for Bares {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            while let Type::Group(TypeGroup { elem, .. }) | Type::Paren(TypeParen { elem, .. }) = ty
                && !is_sum(elem)
            {
                *ty = (**elem).clone();
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Bares.visit_type_mut(&mut ty);
    ty
}

/// Writes what is out of the item whose type this is as it is written elsewhere: there, nothing is called `Self`.
pub(crate) struct WithoutSelf<'t>(pub(crate) &'t Type);

impl WithoutSelf<'_> {
    /// What stands for a path that begins with `Self`.
    fn path(&self, path: &Path) -> Option<TokenStream> {
        let mut segments = path.segments.iter();
        let first = segments.next().filter(|first| first.ident == "Self")?;
        let this = respanned(self.0.to_token_stream(), first.ident.span());
        Some(if segments.len() == 0 { this } else { quote!(<#this> #(:: #segments)*) })
    }
}

impl VisitMut for WithoutSelf<'_> {
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, ty);
        if ty.qself.is_none()
            && let Some(path) = self.path(&ty.path)
        {
            *ty = parse_quote!(#path);
        }
    }

    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, expr);
        // `Self` alone is no value of a struct with named fields.
        if expr.qself.is_none()
            && expr.path.segments.len() > 1
            && let Some(path) = self.path(&expr.path)
        {
            *expr = parse_quote!(#path);
        }
    }
}

/// Whether a type is like `dyn A + B`, which needs its parentheses after a `&`.
fn is_sum(ty: &Type) -> bool {
    match ty {
        Type::TraitObject(object) => object.bounds.len() > 1,
        Type::ImplTrait(of) => of.bounds.len() > 1,
        _ => false,
    }
}

/// The last name of a path type: `Query` in `epilogue::Query<u32>`.
pub(crate) fn last_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|last| &last.ident)
}

/// Whether a type has this last name.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    is_one_of(ty, &[name])
}

/// Whether its last name is one of these.
pub(crate) fn is_one_of(ty: &Type, names: &[&str]) -> bool {
    last_name(ty).is_some_and(|last| names.iter().any(|name| last == name))
}

/// The types between the angle brackets of the last name.
pub(crate) fn arguments(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else { return Vec::new() };
    generic_arguments(&path.path)
        .into_iter()
        .filter_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None })
        .collect()
}

/// The spans of the first and the last token. Together they underline everything from one to the other, which no single span can do on
/// stable Rust.
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let tokens: Vec<TokenTree> = tokens.to_token_stream().into_iter().collect();
    let span = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
    (span(tokens.first()), span(tokens.last()))
}

/// The first word, at any depth, that is one of these.
pub(crate) fn word(tokens: TokenStream, is_wanted: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident).filter(is_wanted),
        TokenTree::Group(group) => word(group.stream(), is_wanted),
        _ => None,
    })
}

/// Whether a type mentions one of the generic parameters.
pub(crate) fn mentions(ty: &impl ToTokens, generics: &Generics) -> bool {
    let names: Vec<String> = generics
        .params
        .iter()
        .map(|param| match param {
            syn::GenericParam::Type(param) => param.ident.to_string(),
            syn::GenericParam::Const(param) => param.ident.to_string(),
            syn::GenericParam::Lifetime(param) => param.lifetime.ident.to_string(),
        })
        .collect();
    word(ty.to_token_stream(), &|word| names.contains(&word.to_string())).is_some()
}

/// Whether a type has `impl Trait` in it, so that no assertion can name it.
pub(crate) fn has_impl(ty: &Type) -> bool {
    struct Finds(bool);
    impl<'ast> Visit<'ast> for Finds {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finds = Finds(false);
    finds.visit_type(ty);
    finds.0
}

/// The parameters that hold one value of the request.
pub(crate) const VALUES: &[&str] = &["Path", "Query", "Header", "Cookie", "Form", "Json"];

pub(crate) fn holds_value(ty: &Type) -> bool {
    is_one_of(ty, VALUES)
}

/// The types that are part of the language, and so cannot be imported.
pub(crate) const BUILT_IN: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64",
];

/// Whether the type inside `Path<…>` is certainly a single value, whose name must then be in the template.
pub(crate) fn is_scalar(ty: &Type) -> bool {
    if !holds_value(ty) {
        return false;
    }
    let [Type::Path(inner)] = arguments(ty)[..] else { return false };
    inner.path.get_ident().is_some_and(|ident| ident == "String" || BUILT_IN.iter().any(|name| ident == name))
}

/// Whether a type is an `Extract<…>` of an axum extractor. Only inference finds out which kind it is, where it is described.
pub(crate) fn is_extract(ty: &Type) -> bool {
    is_named(ty, "Extract") && arguments(ty).len() == 1
}

/// The type that `Depends<…>` names, also within an `Option` or `Result`, which ask for the same without failing the request.
pub(crate) fn dependency_of(ty: &Type) -> Option<&Type> {
    match arguments(ty)[..] {
        [named] if is_named(ty, "Depends") => Some(named),
        [inner] if is_named(ty, "Option") && is_named(inner, "Depends") => dependency_of(inner),
        [inner, error]
            if is_named(ty, "Result") && is_named(inner, "Depends") && is_named(error, "Rejection") =>
        {
            dependency_of(inner)
        }
        _ => None,
    }
}

/// Whether values of a type are only ever borrowed or boxed.
pub(crate) fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.is_ident("str"),
        Type::Slice(_) | Type::TraitObject(_) => true,
        _ => false,
    }
}

/// What stands between the angle brackets of the last name.
pub(crate) fn generic_arguments(path: &Path) -> Vec<&GenericArgument> {
    match path.segments.last().map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => arguments.args.iter().collect(),
        _ => Vec::new(),
    }
}

/// A path without its last angle brackets and what is between them.
pub(crate) fn without_arguments(path: &Path) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.arguments = PathArguments::None;
    }
    path
}

/// A type as a user writes it.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ::", "::"),
        (":: ", "::"),
        ("& ", "&"),
        (" ,", ","),
        ("' ", "'"),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// Whether both are written in the same way.
pub(crate) fn same(a: &impl ToTokens, b: &impl ToTokens) -> bool {
    a.to_token_stream().to_string() == b.to_token_stream().to_string()
}

/// A trait object as threads can share it.
fn shared(object: &TypeTraitObject) -> String {
    let has = |name: &str| {
        object.bounds.iter().any(
            |bound| matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|last| last.ident == name)),
        )
    };
    let missing = ["Send", "Sync"].into_iter().filter(|name| !has(name));
    missing.fold(text(object), |written, name| format!("{written} + {name}"))
}

/// The type that owns what a reference borrows, as a user writes it.
pub(crate) fn owned(ty: &Type) -> String {
    match ty {
        Type::Reference(reference) => owned(&reference.elem),
        Type::Path(path) if path.path.is_ident("str") => String::from("String"),
        Type::Path(path) if path.path.is_ident("Path") && arguments(ty).is_empty() => String::from("PathBuf"),
        Type::TraitObject(object) => format!("Arc<{}>", shared(object)),
        Type::Slice(slice) => format!("Vec<{}>", owned(&slice.elem)),
        other => text(other).replace("&'static str", "String").replace("&str", "String"),
    }
}
