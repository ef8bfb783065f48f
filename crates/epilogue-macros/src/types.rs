//! What can be found out about a type from the way it is written.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprLit, GenericArgument, Generics, Ident, Lifetime, Lit, LitStr, Path, PathArguments, PathSegment,
    Signature, Type, TypeGroup, TypeParamBound, TypeParen, TypePath, TypeTraitObject,
};

use crate::diagnostics::Errors;

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

/// What a future gives, if a type is written as one: `impl Future<Output = u32>`, `Pin<Box<dyn Future<…>>>` or `BoxFuture<…>`.
fn future(ty: &Type) -> Option<String> {
    let bounds = match ty {
        Type::ImplTrait(of) => &of.bounds,
        Type::TraitObject(of) => &of.bounds,
        _ if is_one_of(ty, &["BoxFuture", "LocalBoxFuture"]) => {
            return Some(arguments(ty).first().map_or_else(|| String::from("…"), text));
        }
        _ if is_one_of(ty, &["Pin", "Box"]) => return future(arguments(ty).first()?),
        _ => return None,
    };
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return Some(String::from("…"));
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) => Some(text(&output.ty)),
            _ => None,
        })
    })
}

/// Notes what no parameter or output can contain.
///
/// Returns whether it is a type at all: rustc has an error of its own for anything else.
pub(crate) fn check(ty: &Type, of: &str, place: Place, errors: &mut Errors) -> bool {
    if matches!(place, Place::Output | Place::Reply)
        && let Some(output) = future(ty)
    {
        errors.at(
            ty,
            format!("{of} that waits is an `async fn`: write `async` before `fn`, and `{output}` as what it returns"),
        );
        return false;
    }
    // It is not known what a type without a name borrows.
    if place == Place::Reply && has_impl(ty) {
        return true;
    }
    let mut checks = Checks {
        of,
        place,
        errors,
        is_type: true,
        is_read: match place {
            Place::Parameter => holds_value(ty),
            // The dependency that a `Depends` names is not read from data.
            Place::Task => !is_named(ty, "Depends"),
            Place::Output | Place::Reply => false,
        },
    };
    checks.visit_type(ty);
    let is_type = checks.is_type;
    if is_unsized(ty) {
        errors.at(ty, unsized_at(place, of, ty));
        return false;
    }
    is_type
}

/// The error for a type that is a value only behind a pointer, and what to write instead.
fn unsized_at(place: Place, of: &str, ty: &Type) -> String {
    let (written, owned) = (text(ty), owned(ty));
    match (place, ty) {
        (Place::Parameter, ty) => unsourced(ty, ty),
        (Place::Task, _) => {
            format!(
                "{of} owns its arguments, and `{written}` is a value only behind a pointer: write `{owned}`"
            )
        }
        (Place::Reply, Type::TraitObject(object)) => {
            let bounds = text(&object.bounds);
            format!(
                "{of} returns an owned value, and `{written}` is one only behind a pointer: write `impl {bounds}`"
            )
        }
        (Place::Output | Place::Reply, _) => {
            format!(
                "{of} returns an owned value, and `{written}` is one only behind a pointer: write `{owned}`"
            )
        }
    }
}

/// The error for a parameter that nothing can own, be it borrowed or not.
pub(crate) fn unsourced(written: &impl ToTokens, ty: &Type) -> String {
    let (written, owned) = (text(written), owned(ty));
    let instead = if let Type::TraitObject(_) = ty {
        format!("`State<{owned}>` for what the app was given, or a `Depends<…>` whose output is `{owned}`")
    } else {
        format!("a type that owns its data, as in `Path<{owned}>` or `Query<{owned}>`")
    };
    format!("`{written}` is not a parameter, since nothing says where it comes from: write {instead}")
}

/// Whether the output leaves out a lifetime that does not follow from the parameters. rustc refuses that, too.
pub(crate) fn lacks_lifetime(signature: &Signature) -> bool {
    struct Counts {
        all: usize,
        left_out: usize,
    }
    impl<'ast> Visit<'ast> for Counts {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            if reference.lifetime.is_none() {
                (self.all, self.left_out) = (self.all + 1, self.left_out + 1);
            }
            visit::visit_type_reference(self, reference);
        }

        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            self.all += 1;
            self.left_out += usize::from(lifetime.ident == "_");
        }

        // A function pointer has lifetimes of its own.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    }
    let (mut inputs, mut output) = (Counts { all: 0, left_out: 0 }, Counts { all: 0, left_out: 0 });
    signature.inputs.iter().for_each(|input| inputs.visit_fn_arg(input));
    output.visit_return_type(&signature.output);
    output.left_out > 0 && inputs.all != 1
}

/// The parameters that hold one value of the request.
const VALUES: &[&str] = &["Path", "Query", "Header", "Cookie", "Form", "Json"];

pub(crate) fn holds_value(ty: &Type) -> bool {
    is_one_of(ty, VALUES)
}

/// Whether values of a type are only ever borrowed or boxed.
pub(crate) fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.is_ident("str"),
        Type::Slice(_) | Type::TraitObject(_) => true,
        _ => false,
    }
}

/// Where the type stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Parameter,
    Task,
    Output,
    Reply,
}

struct Checks<'a> {
    of: &'a str,
    place: Place,
    errors: &'a mut Errors,
    is_type: bool,
    /// The type is read from a request or from a task's data, so it cannot hold even a `'static` reference.
    is_read: bool,
}

impl<'ast> Visit<'ast> for Checks<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
        let of = self.of;
        self.errors.at(ty, match self.place {
            Place::Parameter | Place::Task => {
                format!("{of} cannot take `impl Trait`, since nothing says which type is meant: write the type")
            }
            Place::Output => {
                format!("{of} cannot return `impl Trait`, since `Depends` names its output: write the type")
            }
            Place::Reply => return,
        });
    }

    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
        if is_static && !self.is_read {
            return visit::visit_type_reference(self, reference);
        }
        let written = text(reference);
        let owned = owned(&reference.elem);
        let of = self.of;
        self.errors.at(reference, match self.place {
            Place::Parameter | Place::Task => format!(
                "`{written}` borrows from the request, which {of} may outlive: write a type that owns its data, `{owned}`"
            ),
            Place::Output => {
                format!("{of} returns an owned value, which outlives the call, and `{written}` is borrowed: write `{owned}`")
            }
            Place::Reply => {
                format!("a reply outlives the call, and `{written}` is borrowed: write `{owned}`")
            }
        });
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            let of = self.of;
            self.errors.at(lifetime, match self.place {
                Place::Parameter | Place::Task if self.is_read => format!(
                    "the lifetime `{lifetime}` borrows from the request, which {of} may outlive: write a type that owns its data"
                ),
                Place::Parameter | Place::Task => format!(
                    "the lifetime `{lifetime}` borrows from the request, which {of} may outlive: write a type that owns its data, or `'static`"
                ),
                Place::Reply => format!(
                    "a reply outlives the call, and `{lifetime}` says that it is borrowed: write a type that owns its data"
                ),
                Place::Output => format!(
                    "{of} returns an owned value, which outlives the call, and `{lifetime}` says that it is borrowed: write a type that owns its data"
                ),
            });
        }
    }

    fn visit_type_infer(&mut self, infer: &'ast syn::TypeInfer) {
        self.is_type = false;
        self.errors.at(infer, "a signature names its types, and `_` is not a name: write the type");
    }

    fn visit_type_never(&mut self, never: &'ast syn::TypeNever) {
        if let Place::Output | Place::Reply = self.place {
            self.is_type = false;
            let of = self.of;
            self.errors.at(
                never,
                format!("{of} must return, and `!` says that it never does: write the type that it returns, or remove `!`"),
            );
        }
    }

    // The lifetimes of a function pointer are its own.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}

    fn visit_path_segment(&mut self, segment: &'ast PathSegment) {
        let PathArguments::Parenthesized(arguments) = &segment.arguments else {
            return visit::visit_path_segment(self, segment);
        };
        let (name, inputs) = (&segment.ident, text(&arguments.inputs));
        self.is_type = false;
        self.errors.at(
            arguments,
            if inputs.is_empty() {
                format!("`{name}` is named here and not called: write `{name}` without the parentheses")
            } else {
                format!("the arguments of `{name}` stand between angle brackets, not in parentheses: write `{name}<{inputs}>`")
            },
        );
    }

    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        if ty.path.segments.last().is_some_and(|last| last.ident == "Depends")
            && let Some(GenericArgument::Type(inner)) = generic_arguments(&ty.path).first()
            && let Some(message) = not_named(inner)
        {
            self.is_type = false;
            self.errors.at(inner, message);
            return;
        }
        if let Some(message) = scheme_within(ty) {
            self.is_type = false;
            self.errors.at(ty, message);
            return;
        }
        if let Some((text, message)) = text_within(ty) {
            self.is_type = false;
            self.errors.at(text, message);
            return;
        }
        if let Some((inner, message)) = unsized_within(ty) {
            self.is_type = false;
            self.errors.at(inner, message);
            return;
        }
        visit::visit_type_path(self, ty);
    }

    // Not visited, since the parentheses of `dyn Fn(A) -> B` are right.
    fn visit_type_trait_object(&mut self, _: &'ast TypeTraitObject) {}
}

/// A string where a type belongs: in other frameworks it would be a name.
fn text_within(ty: &TypePath) -> Option<(&LitStr, String)> {
    let name = &ty.path.segments.last()?.ident;
    let GenericArgument::Const(Expr::Lit(ExprLit { lit: Lit::Str(within), .. })) =
        *generic_arguments(&ty.path).first()?
    else {
        return None;
    };
    let message = if name == "Depends" {
        format!(
            "`Depends` names a dependency, and does so without quotes: write `Depends<{}>`",
            within.value()
        )
    } else if VALUES.iter().any(|value| name == value) {
        format!(
            "what stands between the angle brackets is a type, and the name to look up is the parameter's own: write \
             `#[param(alias = {})] name: {name}<String>`",
            within.token()
        )
    } else {
        return None;
    };
    Some((within, message))
}

/// What to write between the angle brackets of credentials, if there is nothing or a string.
fn scheme_within(ty: &TypePath) -> Option<String> {
    let name = ty.path.segments.last()?.ident.to_string();
    let (scheme, constant) = match &*name {
        "ApiKeyCookie" | "ApiKeyHeader" | "ApiKeyQuery" => ("ApiKey", "NAME"),
        "OAuth2PasswordBearer" => ("OAuth2Scheme", "TOKEN_URL"),
        "OAuth2AuthorizationCodeBearer" => ("OAuth2CodeScheme", "AUTHORIZATION_URL"),
        "OpenIdConnect" => ("OpenIdScheme", "URL"),
        _ => return None,
    };
    let value = match generic_arguments(&ty.path)[..] {
        [] => String::from("\"…\""),
        [GenericArgument::Const(Expr::Lit(text))] => self::text(text),
        _ => return None,
    };
    Some(format!(
        "a type says what is asked of a client: write `struct Scheme;`, \
         `impl {scheme} for Scheme {{ const {constant}: &'static str = {value}; }}` and `{name}<Scheme>`"
    ))
}

/// The type in a parameter or a reply that is unsized as it stands there, and how to write it instead.
fn unsized_within(ty: &TypePath) -> Option<(&Type, String)> {
    let name = &ty.path.segments.last()?.ident;
    let GenericArgument::Type(inner) = *generic_arguments(&ty.path).first()? else { return None };
    let is_data = VALUES.iter().any(|value| name == value);
    if !is_unsized(inner) || !is_data && name != "State" {
        return None;
    }
    let written = text(inner);
    let message = match inner {
        Type::TraitObject(_) if is_data => {
            format!("`{written}` does not say which data it is: write the type that is sent")
        }
        inner => format!("`{written}` is a value only behind a pointer: write `{name}<{}>`", owned(inner)),
    };
    Some((inner, message))
}

/// Why a `Depends` cannot hold a type that is not a name.
fn not_named(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Reference(reference) => {
            let name = text(&reference.elem);
            format!("`Depends` names a dependency, and lends its output: write `Depends<{name}>`")
        }
        Type::FnPtr(_) | Type::ImplTrait(_) => format!(
            "`Depends` names a dependency, and `{}` is a type that many functions have: write the name of the one that is meant",
            text(ty)
        ),
        Type::Tuple(_) => String::from("a `Depends` names one dependency: write a parameter for each"),
        Type::TraitObject(_) => format!(
            "`Depends` names a dependency, and `{}` is not a name: write that of a function under `#[dependency]` that returns `{}`",
            text(ty),
            owned(ty)
        ),
        Type::Path(path) if let Some((of, function)) = constructor(&path.path) => format!(
            "`{}` is a function of the type `{of}`, and `Depends` names a dependency: write `#[derive(Dependency)]` on `{of}` and \
             `Depends<{of}>`, or a function under `#[dependency]` that calls `{function}`",
            text(ty)
        ),
        _ if is_named(ty, "Option")
            && let [inner] = arguments(ty)[..] =>
        {
            format!(
                "`Depends` names a dependency, and only the whole `Depends` can be optional: write `Option<Depends<{}>>`",
                text(inner)
            )
        }
        _ => return None,
    })
}

/// What stands between the angle brackets of the last name.
fn generic_arguments(path: &Path) -> Vec<&GenericArgument> {
    match path.segments.last().map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => arguments.args.iter().collect(),
        _ => Vec::new(),
    }
}

/// The type and the function in `User::new`, told by the case of their names.
fn constructor(path: &Path) -> Option<(&Ident, &Ident)> {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    let (function, of) = (names.next()?, names.next()?);
    let begins = |name: &Ident, is: fn(char) -> bool| name.to_string().starts_with(is);
    (begins(of, char::is_uppercase) && begins(function, char::is_lowercase)).then_some((of, function))
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

/// The type that owns what a reference borrows.
pub(crate) fn owned(ty: &Type) -> String {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => String::from("String"),
        Type::Path(path) if path.path.is_ident("Path") && arguments(ty).is_empty() => String::from("PathBuf"),
        Type::TraitObject(object) => format!("Arc<{}>", shared(object)),
        Type::Slice(slice) => format!("Vec<{}>", text(&slice.elem)),
        other => text(other),
    }
}
