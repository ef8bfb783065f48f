//! What the types in a signature may not contain, as far as the way they are written shows.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprLit, GenericArgument, Ident, Lifetime, Lit, Path, PathArguments, PathSegment, Type,
    TypeParamBound, TypePath, TypeTraitObject,
};

use crate::diagnostics::Errors;
use crate::types::{
    VALUES, arguments, generic_arguments, has_impl, holds_value, is_named, is_one_of, is_unsized, owned, text,
};

/// Where the type stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Parameter,
    Task,
    Output,
    Reply,
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
            // A reply with `impl Trait` in it is not visited.
            Place::Output | Place::Reply => {
                format!("{of} cannot return `impl Trait`, since `Depends` names its output: write the type")
            }
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
        if matches!(self.place, Place::Output | Place::Reply) && lacks_its_lifetime(segment) {
            let written = text(segment);
            let lasting = written.replacen('<', "<'static, ", 1);
            self.errors.at(
                segment,
                format!("what is returned outlives the call, and `{written}` borrows: write a type that owns its data, or `{lasting}`"),
            );
        }
        visit::visit_path_segment(self, segment);
    }

    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        let wrong = unnamed_within(ty)
            .or_else(|| scheme_within(ty))
            .or_else(|| text_within(ty))
            .or_else(|| unsized_within(ty));
        match wrong {
            Some((at, message)) => {
                self.is_type = false;
                self.errors.at(at, message);
            }
            None => visit::visit_type_path(self, ty),
        }
    }

    // Not visited, since the parentheses of `dyn Fn(A) -> B` are right.
    fn visit_type_trait_object(&mut self, _: &'ast TypeTraitObject) {}
}

/// What is wrong with what stands between angle brackets: where, and what to write instead.
type Wrong<'t> = Option<(&'t dyn ToTokens, String)>;

/// A string where a type belongs: in other frameworks it would be a name.
fn text_within(ty: &TypePath) -> Wrong<'_> {
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
fn scheme_within(ty: &TypePath) -> Wrong<'_> {
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
        [GenericArgument::Const(Expr::Lit(text))] => crate::types::text(text),
        _ => return None,
    };
    let message = format!(
        "a type says what is asked of a client: write `struct Scheme;`, \
         `impl {scheme} for Scheme {{ const {constant}: &'static str = {value}; }}` and `{name}<Scheme>`"
    );
    Some((ty, message))
}

/// The type in a parameter or a reply that is unsized as it stands there, and how to write it instead.
fn unsized_within(ty: &TypePath) -> Wrong<'_> {
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

/// What a `Depends` holds that is not a name.
fn unnamed_within(ty: &TypePath) -> Wrong<'_> {
    let last = ty.path.segments.last()?;
    match generic_arguments(&ty.path)[..] {
        [GenericArgument::Type(inner), ..] if last.ident == "Depends" => Some((inner, not_named(inner)?)),
        _ => None,
    }
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

/// The type and the function in `User::new`, told by the case of their names.
fn constructor(path: &Path) -> Option<(&Ident, &Ident)> {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    let (function, of) = (names.next()?, names.next()?);
    let begins = |name: &Ident, is: fn(char) -> bool| name.to_string().starts_with(is);
    (begins(of, char::is_uppercase) && begins(function, char::is_lowercase)).then_some((of, function))
}

/// Whether it is a `Cow<str>` or `Cow<[T]>`, without its lifetime. That other types have one cannot be seen.
fn lacks_its_lifetime(segment: &PathSegment) -> bool {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return false };
    segment.ident == "Cow"
        && matches!(arguments.args.first(), Some(GenericArgument::Type(ty)) if is_unsized(ty))
}
