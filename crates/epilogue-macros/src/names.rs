//! The names in `Depends<…>`, which may be those of plain functions.
//!
//! A function is not a type, so `Depends<plain_function>` would fail in name resolution, where we cannot choose rustc's words. Each name is
//! therefore imported under an alias, where an empty struct of the same alias is in scope. If the name is a type's, the import shadows the
//! struct. If it is only a function's, the alias is the struct, which is not a dependency, and we choose the words for that.
//!
//! The names in a signature are imported beside the function, so that it can be called wherever it is visible. There, the alias of a name
//! that does not exist is the struct as well.
//!
//! A body that parses begins with `let user: Depends<<alias as Dependency>::This> = named(user);`. If there is no such dependency, this is
//! the error, and the variable has an error type, so that the body is not blamed as well. Its alias comes out of a table, which is filled in
//! a block: there, the alias of a name that does not exist is an error that rustc has reported. Everything else uses the alias itself, since
//! rustc recognises a repeated error only within one item.

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprLit, GenericArgument, Ident, Lit, Path, PathArguments, PathSegment, Type, TypePath, parse_quote,
};

use crate::emit::allowed;
use crate::parameter::Parameter;
use crate::signature::Function;
use crate::types::{self, BUILT_IN, arguments, is_named};

/// The names of one function.
pub(crate) struct Names {
    /// A type that stands for the function where its body looks up its names. It is private, since a public one could not name private types.
    table: Ident,
    /// Where the name of the function stands.
    function: Span,
    /// What ends the aliases of this function, which stand beside those of others.
    place: String,
    /// The body names what it can, and so checks it.
    in_body: bool,
    private: TokenStream,
    /// What the function's attributes allow.
    allowed: TokenStream,
    found: Vec<Name>,
}

struct Name {
    path: Path,
    /// The last name of the path under its alias, with its arguments.
    aliased: PathSegment,
    /// A type that stands for it, since rustc reports what is wrong with the arguments wherever they are written.
    whole: Ident,
    /// The function's body does not check it, so it needs an assertion of its own.
    is_asserted: bool,
}

impl Names {
    /// Replaces the names in the parameters by look-ups.
    pub(crate) fn of(function: &mut Function) -> Self {
        let (name, generics) = (&function.item.sig.ident, function.generics());
        let place = place(name);
        let table = format_ident!("__epilogue_names_of_{}", place, span = Span::call_site());
        let mut names = Self {
            table,
            function: name.span(),
            place,
            in_body: function.names_in_body,
            private: function.private.clone(),
            allowed: allowed(&function.item.attrs),
            found: Vec::new(),
        };
        // The look-up of a generic function would have to be generic too.
        if generics.params.is_empty() {
            for param in function.params.iter_mut().filter(|param| !param.is_reported) {
                names.replace(param);
            }
        }
        names
    }

    fn replace(&mut self, param: &mut Parameter) {
        let first = self.found.len();
        let is_asserted = !(self.in_body && param.can_be_named_in_body());
        let mut add = |path: &Path| {
            let mut aliased = path.segments.last().cloned().expect("a path has a segment");
            let alias = alias(aliased.ident.span());
            aliased.ident =
                format_ident!("{}_{}_{}", alias, self.place, self.found.len(), span = alias.span());
            let whole = format_ident!("__Epilogue_{}_{}", self.place, self.found.len(), span = alias.span());
            let ty = parse_quote!(#whole);
            self.found.push(Name { path: path.clone(), aliased, whole, is_asserted });
            ty
        };
        Replace(&mut add).visit_type_mut(&mut param.ty);
        let mut indices = first..;
        let mut look_up = |path: &Path| {
            let index = indices.next().expect("the range has no end");
            self.look_up(index, first_span(path))
        };
        Replace(&mut look_up).visit_type_mut(&mut param.ty_in_body);
    }

    /// The dependency in the table, as the body names it.
    fn look_up(&self, index: usize, span: Span) -> Type {
        let index = Literal::usize_unsuffixed(index);
        let table = Ident::new(&self.table.to_string(), span);
        let private = respanned(self.private.clone(), span);
        let tokens =
            quote_spanned!(span=> <<#table as #private::Names<#index>>::Alias as #private::Dependency>::This);
        parse_quote!(#tokens)
    }

    /// The aliases and the table, beside the function.
    pub(crate) fn tokens(&self) -> TokenStream {
        if self.found.is_empty() {
            return TokenStream::new();
        }
        let Self { table, private, allowed, found, .. } = self;
        let imports = found.iter().enumerate().map(|(index, name)| self.import(index, name));
        let entries = found.iter().enumerate().map(|(index, name)| self.entry(index, name));
        quote! {
            #(#imports)*

            #[doc(hidden)]
            #[allow(
                non_camel_case_types,
                dead_code,
                missing_debug_implementations,
                clippy::empty_structs_with_brackets,
                reason = "it only holds names"
            )]
            struct #table {}

            #[doc(hidden)]
            #allowed
            const _: () = {
                use #private as __epilogue;
                #(#entries)*
            };
        }
    }

    /// The alias of a name, beside the function.
    fn import(&self, index: usize, Name { path, aliased, whole, .. }: &Name) -> TokenStream {
        let (allowed, given) = (&self.allowed, self.given(whole));
        let import = beside(path, &aliased.ident, &self.module(index), allowed);
        quote! {
            #import
            #[doc(hidden)]
            #allowed
            #[allow(non_camel_case_types)]
            type #given = #aliased;
        }
    }

    /// The entry of a name in the table.
    fn entry(&self, index: usize, Name { path, aliased, whole, is_asserted }: &Name) -> TokenStream {
        let (table, given, module) = (&self.table, self.given(whole), self.module(index));
        let number = Literal::usize_unsuffixed(index);
        let assert = is_asserted.then(|| {
            let clause = quote_spanned!(first_span(path)=> #whole: __epilogue::Dependency {});
            quote!(const _: () = {
                #[allow(dead_code, trivial_bounds, unused_qualifications, reason = "its bounds are checked, it is not called")]
                fn holds() where #clause
            };)
        });
        let entry = quote! {
            #[allow(non_camel_case_types)]
            type #given = #aliased;
            #assert
            impl __epilogue::Names<#number> for #table {
                type Alias = #whole;
            }
        };
        let block = block(path, &aliased.ident, &quote!(#module), &entry);
        quote!({ #block })
    }

    /// The module that has the struct of this name's alias.
    fn module(&self, index: usize) -> Ident {
        format_ident!("__{}_{}", self.place, index, span = Span::call_site())
    }

    /// A type's name where it is given: there, rustc's suggestion of a type parameter is the same as for the function.
    fn given(&self, whole: &Ident) -> Ident {
        Ident::new(&whole.to_string(), self.function)
    }
}

/// Replaces each name in a `Depends<…>` or a `Depends<Fresh<…>>` that a `use` can import.
struct Replace<'f>(&'f mut dyn FnMut(&Path) -> Type);

impl VisitMut for Replace<'_> {
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let Some(named) = only_argument(ty, "Depends") else {
            return visit_mut::visit_type_path_mut(self, ty);
        };
        let is_fresh = is_named(named, "Fresh") && arguments(named).len() == 1;
        let named = match named {
            Type::Path(fresh) if is_fresh && fresh.qself.is_none() => only_argument(fresh, "Fresh"),
            named => Some(named),
        };
        if let Some(named) = named
            && let Type::Path(TypePath { qself: None, path, .. }) = named
            && can_be_imported(path)
        {
            *named = (self.0)(path);
        }
    }
}

/// The type between the angle brackets of the last name, if that is this one and nothing else stands there.
fn only_argument<'t>(ty: &'t mut TypePath, name: &str) -> Option<&'t mut Type> {
    let last = ty.path.segments.last_mut().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return None };
    match (arguments.args.len(), arguments.args.first_mut()) {
        (1, Some(GenericArgument::Type(ty))) => Some(ty),
        _ => None,
    }
}

/// The alias of a name, in a block of its own. If the name is a module's, rustc reports that it is not a type, and calls it by the alias:
/// hence the wording.
pub(crate) fn alias(span: Span) -> Ident {
    Ident::new("name_the_function_in_this_module", span)
}

/// A block in which a name is imported under an alias: as a type, or as an empty struct if it is not a type. If the name does not exist,
/// rustc reports that, and the alias counts as an error, too.
pub(crate) fn imported(path: &Path, alias: &Ident, within: &TokenStream) -> TokenStream {
    let stand_in = stand_in(path, alias);
    let block = block(path, alias, &quote!(without_a_macro), within);
    // An editor looks at the first place of a name for what might go on there, and rustc does not look at this one.
    quote!({ #[cfg(any())] type Named = #path; #stand_in #block })
}

/// The block, with an alias for the struct in a module.
fn block(path: &Path, alias: &Ident, module: &TokenStream, within: &TokenStream) -> TokenStream {
    let import = import(path, alias);
    quote! {
        #[allow(unused_imports)]
        use #module::#alias;
        {
            #import
            #within
        }
    }
}

/// The same import beside a function, where what is imported by its name comes before what a glob imports.
fn beside(path: &Path, alias: &Ident, module: &Ident, allowed: &TokenStream) -> TokenStream {
    let import = import(path, alias);
    let last = path.segments.last().expect("a path has a segment");
    let (name, structure) = (&last.ident, structure(last));
    let (generics, arguments) = stood_in(last);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_debug_implementations)]
        mod #module {
            pub trait StandIn<#(#generics),*> {
                type Named;
            }
            // In a block, where rustc does not look for what might have been meant by a name that it does not find.
            const _: () = {
                mod without_a_macro {
                    #structure
                }
                impl<#(#generics),*> StandIn<#(#arguments),*> for () {
                    type Named = without_a_macro::#name<#(#arguments),*>;
                }
            };
            pub type #alias<#(#generics),*> = <() as StandIn<#(#arguments),*>>::Named;
        }
        #[allow(unused_imports, clippy::wildcard_imports)]
        use #module::*;
        #[doc(hidden)]
        #allowed
        #import
    }
}

fn import(path: &Path, alias: &Ident) -> TokenStream {
    let plain = types::without_arguments(path);
    quote! {
        // In braces, or what rustc suggests in place of a name that it does not find would have the alias in it.
        #[allow(unused_imports, unused_import_braces, non_camel_case_types)]
        use {#plain as #alias};
    }
}

/// The empty struct, which takes the arguments that are written behind the name. If two have the same name, rustc shows their paths, so the
/// module's name is part of the message.
fn stand_in(path: &Path, alias: &Ident) -> TokenStream {
    let last = path.segments.last().expect("a path has a segment");
    let (name, structure) = (&last.ident, structure(last));
    quote! {
        mod without_a_macro {
            #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_debug_implementations)]
            #structure
            #[allow(unused_imports, unreachable_pub)]
            pub use self::#name as #alias;
        }
    }
}

fn structure(last: &PathSegment) -> TokenStream {
    let name = &last.ident;
    let span = name.span();
    let (generics, arguments) = stood_in(last);
    if generics.is_empty() {
        let structure = quote_spanned!(span=> pub struct #name {});
        return quote!(#[allow(clippy::empty_structs_with_brackets)] #structure);
    }
    let types = arguments.iter().zip(&generics).filter(|(argument, generic)| types::same(argument, generic));
    let types = types.map(|(argument, _)| argument);
    quote_spanned!(span=> pub struct #name<#(#generics),*> { of: fn() -> (#(#types,)*) })
}

/// Generic parameters for the arguments that are written behind a name, and their names.
fn stood_in(last: &PathSegment) -> (Vec<TokenStream>, Vec<Ident>) {
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return (Vec::new(), Vec::new()) };
    let generic = |(index, argument): (usize, &GenericArgument)| {
        let name = format_ident!("__{index}", span = Span::mixed_site());
        let generic = match argument {
            GenericArgument::Const(Expr::Lit(ExprLit { lit: Lit::Bool(_), .. })) => quote!(const #name: bool),
            GenericArgument::Const(Expr::Lit(ExprLit { lit: Lit::Char(_), .. })) => quote!(const #name: char),
            GenericArgument::Const(_) => quote!(const #name: i128),
            _ => quote!(#name),
        };
        (generic, name)
    };
    arguments.args.iter().enumerate().map(generic).unzip()
}

/// The function's name and position, as part of names. Functions that a macro generates may all have one position; and two functions of one
/// name are an error that rustc reports, where two tables of one name would be more errors.
fn place(function: &Ident) -> String {
    // Only the compiler's own span knows its position.
    let at = function.span().unwrap();
    format!("at_{}_{}_{}", function.unraw(), at.line(), at.column())
}

/// What a `use` of the name alone would find besides: an attribute of rustc's own or a function of the standard library's prelude, so that it
/// is ambiguous, or a macro of that prelude that is not stable.
const FOUND_BESIDES: &[&str] = &[
    "align_of",
    "align_of_val",
    "alloc_error_handler",
    "bench",
    "cfg",
    "cfg_accessible",
    "cfg_eval",
    "concat_bytes",
    "const_format_args",
    "define_opaque",
    "deref",
    "derive_const",
    "diagnostic",
    "drop",
    "log_syntax",
    "pattern_type",
    "size_of",
    "size_of_val",
    "test_case",
    "thread_local",
    "trace_macros",
    "type_ascribe",
];

/// Whether a `use` can name it.
pub(crate) fn can_be_imported(path: &Path) -> bool {
    let count = path.segments.len();
    let is_built_in =
        count == 1 && BUILT_IN.iter().chain(FOUND_BESIDES).any(|built_in| path.segments[0].ident == built_in);
    let is_self = path.segments.iter().any(|segment| segment.ident == "Self");
    let within = path.segments.iter().take(count - 1).any(|segment| !segment.arguments.is_none());
    !is_built_in && !is_self && !within && !is_variant(path)
}

/// Whether it looks like the variant of an enum. rustc reports that it is not a type, and would call it by the alias.
fn is_variant(path: &Path) -> bool {
    path.segments.len() > 1
        && path
            .segments
            .iter()
            .rev()
            .take(2)
            .all(|segment| segment.ident.unraw().to_string().starts_with(char::is_uppercase))
}

/// The same tokens with another span: rustc reports an error that it finds several times at one span only once.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), respanned(group.stream(), span)).into();
            }
            // Which crate `$crate` is depends on its own span.
            if !matches!(&token, TokenTree::Ident(ident) if ident == "$crate") {
                token.set_span(span);
            }
            token
        })
        .collect()
}

fn first_span(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
}
