//! The names in `Depends<…>`, which may be those of plain functions.
//!
//! A function is no type, so `Depends<plain_function>` would fail in name resolution, where rustc cannot be told what to say. Each name is
//! therefore imported under an alias, within a block that has an empty struct of the same alias. Where the name is a type's, the import
//! goes before the struct; where it is only a function's, the struct is found, and it is no dependency: that is said in our words.
//!
//! The body begins with `let user: Depends<<alias as Dependency>::This> = named(user);`. Where there is no dependency that is an error, and its
//! type an error type, so that the body is not blamed for it too. All else takes the alias as it is. It is one place, since rustc knows
//! an error again within one item only.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Ident, Path, PathArguments, Type, TypePath, parse_quote};

use crate::signature::Function;

/// What no `use` can import.
pub(crate) const BUILT_IN: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64",
];

/// The names of one function.
pub(crate) struct Names {
    /// Stands for the function where its names are looked up; private, since a public one could not name what is private.
    table: Ident,
    krate: TokenStream,
    found: Vec<Path>,
    /// Which of them no body says anything of.
    asserted: Vec<usize>,
    /// The types that are being visited are the body's.
    in_body: bool,
    next: usize,
}

impl Names {
    /// Replaces the names in the parameters by look-ups.
    pub(crate) fn of(function: &mut Function, private: &TokenStream) -> Self {
        let (name, generics) = (&function.item.sig.ident, function.generics());
        let params = &mut function.params;
        let mut names = Self {
            table: table(name),
            krate: private.clone(),
            found: Vec::new(),
            in_body: true,
            asserted: Vec::new(),
            next: 0,
        };
        // The look-up of a generic function would have to be generic too.
        if !generics.params.is_empty() {
            return names;
        }
        for param in &mut *params {
            let before = names.next;
            names.visit_type_mut(&mut param.ty_in_body);
            if !param.is_named_in_body() {
                names.asserted.extend(before..names.next);
            }
            if let Some(path) = names.found.get(before) {
                // At one place, so that rustc says once what it finds for the whole type and for its parts.
                let tokens = respanned(param.ty_in_body.to_token_stream(), first_span(path));
                param.ty_in_body = parse_quote!(#tokens);
            }
        }
        (names.in_body, names.next) = (false, 0);
        for param in params {
            names.visit_type_mut(&mut param.ty);
        }
        names
    }

    fn look_up(&mut self, path: &Path) -> Option<Type> {
        if !can_be_imported(path) {
            return None;
        }
        let (private, table, index) = (&self.krate, &self.table, self.next);
        self.next += 1;
        if index == self.found.len() {
            self.found.push(path.clone());
        }
        let span = first_span(path);
        let index = proc_macro2::Literal::usize_unsuffixed(index);
        let table = Ident::new(&table.to_string(), span);
        let private = respanned(private.clone(), span);
        let mut tokens = quote_spanned!(span=> <#table as #private::Names<#index>>::Alias);
        if self.in_body {
            tokens = quote_spanned!(span=> <#tokens as #private::Dependency>::This);
        }
        Some(parse_quote!(#tokens))
    }

    /// The table, beside the function.
    pub(crate) fn tokens(&self) -> TokenStream {
        if self.found.is_empty() {
            return TokenStream::new();
        }
        let Self { table, krate, found, asserted, .. } = self;
        let aliases = found.iter().enumerate().map(|(index, path)| {
            let span = first_span(path);
            let alias = alias(span);
            let mut last = path.segments.last().cloned().expect("a path has a segment");
            last.ident = alias.clone();
            let assert = asserted.contains(&index).then(|| {
                let clause = quote_spanned!(span=> #last: __epilogue::Dependency {});
                quote!(const _: () = {
                    #[allow(dead_code, trivial_bounds, unused_qualifications, reason = "its bounds are checked, it is not called")]
                    fn holds() where #clause
                };)
            });
            let index = proc_macro2::Literal::usize_unsuffixed(index);
            let named = quote! {
                #assert
                impl __epilogue::Names<#index> for #table {
                    type Alias = #last;
                }
            };
            imported(path, &alias, &named)
        });
        quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code, missing_debug_implementations, reason = "it only holds names")]
            struct #table {}

            #[doc(hidden)]
            const _: () = {
                use #krate as __epilogue;
                #(#aliases)*
            };
        }
    }
}

impl VisitMut for Names {
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let Some(last) = ty.path.segments.last_mut() else { return };
        if last.ident == "Depends"
            && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
            && arguments.args.len() == 1
            && let Some(GenericArgument::Type(Type::Path(named))) = arguments.args.first_mut()
        {
            if named.qself.is_some() {
                return;
            }
            let within = named.path.segments.last_mut().expect("a path has a segment");
            if within.ident == "Fresh"
                && let PathArguments::AngleBracketed(inner) = &mut within.arguments
                && inner.args.len() == 1
                && let Some(GenericArgument::Type(inner)) = inner.args.first_mut()
            {
                if let Type::Path(path) = inner
                    && path.qself.is_none()
                    && let Some(ty) = self.look_up(&path.path)
                {
                    *inner = ty;
                }
            } else if let Some(ty) = self.look_up(&named.path) {
                *arguments.args.first_mut().expect("it was there above") = GenericArgument::Type(ty);
            }
            return;
        }
        visit_mut::visit_type_path_mut(self, ty);
    }
}

/// The alias of a name, in a block of its own. Of a module rustc says that it is no type, and calls it by this.
pub(crate) fn alias(span: Span) -> Ident {
    Ident::new("name_the_function_in_this_module", span)
}

/// A block in which a name is imported under an alias: as a type, or as an empty struct where it is none. A name that does not exist is an
/// error of rustc's own, and the alias with it.
pub(crate) fn imported(path: &Path, alias: &Ident, within: &TokenStream) -> TokenStream {
    let last = path.segments.last().expect("a path has a segment");
    let name = &last.ident;
    // rustc names the stand-in by its path where two have one name.
    let module = Ident::new("without_a_macro", Span::call_site());
    let mut plain = path.clone();
    plain.segments.last_mut().expect("a path has a segment").arguments = PathArguments::None;
    let span = name.span();
    let empty = quote_spanned!(span=> pub struct #name {});
    quote!({
        mod #module {
            #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_docs, missing_debug_implementations)]
            #empty
            #[allow(unused_imports, unreachable_pub)]
            pub use self::#name as #alias;
        }
        #[allow(unused_imports)]
        use #module::#alias;
        {
            #[allow(unused_imports, unused_import_braces)]
            // In braces, or what rustc suggests in place of a name that it does not find would have the alias in it.
            use {#plain as #alias};
            #within
        }
    })
}

/// Two functions of one name are an error of rustc's own, and two tables would be more of them: so that the place is part of its name.
fn table(function: &Ident) -> Ident {
    // The compiler's own span: it alone knows its place.
    let at = function.span().unwrap();
    format_ident!(
        "__epilogue_names_of_{}_at_{}_{}",
        function.unraw(),
        at.line(),
        at.column(),
        span = Span::call_site()
    )
}

/// Whether a `use` can name it.
pub(crate) fn can_be_imported(path: &Path) -> bool {
    let count = path.segments.len();
    // Of `cfg` rustc would not know whether its own attribute is meant or the prelude's macro.
    let is_built_in =
        count == 1 && BUILT_IN.iter().chain(&["cfg"]).any(|built_in| path.segments[0].ident == built_in);
    let is_self = path.segments.iter().any(|segment| segment.ident == "Self");
    let within = path.segments.iter().take(count - 1).any(|segment| !segment.arguments.is_none());
    !is_built_in && !is_self && !within
}

/// The same tokens, elsewhere: an error that is found at one place several times is reported once.
fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), respanned(group.stream(), span)).into();
            }
            token.set_span(span);
            token
        })
        .collect()
}

fn first_span(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
}
