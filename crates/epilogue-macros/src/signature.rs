//! The signature of a function: its parameters, whether it is async, what it returns. The body is left alone.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{
    Attribute, Block, Expr, ExprLit, ExprYield, FnArg, GenericParam, Generics, ItemFn, Lit, Meta,
    MetaNameValue, Pat, PatType, ReturnType, Signature, Type, WherePredicate, parse_quote,
};

use crate::asserts::Asserts;
use crate::diagnostics::Errors;
use crate::types::{self, Place};
use crate::{advice, attributes, item, repair};

/// A function that an attribute may stand on.
pub(crate) struct Function {
    pub(crate) item: ItemFn,
    pub(crate) params: Vec<Parameter>,
    pub(crate) output: Output,
    /// Something that stands as a parameter's type is not a type. If it stayed, rustc would report it again, and the body with it.
    has_no_types: bool,
    /// Something is wrong with what the function returns, and has been reported or will be by rustc.
    has_no_output: bool,
    /// The body has a `yield`, or fits a pattern that stands where a parameter's name should be. rustc would report that too.
    has_no_body: bool,
    /// What was written, if it does not parse: rustc reports why.
    unparsed: Option<TokenStream>,
}

/// One parameter of it, or field of a struct.
pub(crate) struct Parameter {
    pub(crate) name: syn::Ident,
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
}

/// What a function returns.
pub(crate) enum Output {
    Unit,
    /// A type that is written `Result<…>`, by whatever path.
    Result(Type),
    /// One that is written `Result`, or like `ApiResult<…>`: the type itself decides whether it is a `Result`. Other types are not
    /// asked, since an editor that does not evaluate constants in types would then know no dependency's output.
    PerhapsResult(Type),
    Plain(Type),
}

impl Output {
    /// The type, if it has `impl Trait` in it: no assertion can name such a type, so its value is checked instead.
    pub(crate) fn unnamed(&self) -> Option<&Type> {
        match self {
            Self::Unit => None,
            Self::Result(ty) | Self::PerhapsResult(ty) | Self::Plain(ty) => {
                Some(ty).filter(|ty| types::has_impl(ty))
            }
        }
    }
}

/// Which macro reads the function.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Route,
    Dependency,
    Task,
}

impl Kind {
    /// The kind that an attribute's macro is for, if its name and arguments show that it is one of ours.
    fn of_attribute(attr: &Attribute) -> Option<Self> {
        let mut names = attr.path().segments.iter().map(|segment| &segment.ident);
        let (first, last) = (names.next()?, names.next_back());
        if last.is_some() && first != "epilogue" {
            return None;
        }
        match last.unwrap_or(first).to_string().as_str() {
            // Other crates have a `#[trace]` too, but without a template.
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "trace" | "websocket"
                if has_template(attr) =>
            {
                Some(Self::Route)
            }
            "dependency" => Some(Self::Dependency),
            "task" => Some(Self::Task),
            _ => None,
        }
    }

    /// As errors name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Route => "a path function",
            Self::Dependency => "a dependency",
            Self::Task => "a task",
        }
    }
}

impl Parameter {
    pub(crate) fn new(name: Ident, ty_as_written: Type, attrs: Vec<Attribute>) -> Self {
        let (ty, borrowed) = match &ty_as_written {
            Type::Reference(reference) => ((*reference.elem).clone(), true),
            ty => (ty.clone(), false),
        };
        let key = key(&name);
        Self { name, key, ty_in_body: ty.clone(), ty, ty_as_written, borrowed, attrs, is_reported: false }
    }

    /// Whether it is, or holds, a `Depends` whose name is looked up.
    pub(crate) fn names_dependency(&self) -> bool {
        !types::same(&self.ty, &self.ty_in_body)
    }

    /// Whether it is a `Depends` itself.
    pub(crate) fn is_owned_depends(&self) -> bool {
        !self.borrowed && types::is_named(&self.ty, "Depends")
    }

    /// Whether the body states its type once more, see `names.rs`. That is left out for an unused parameter, since lints would notice.
    pub(crate) fn is_named_in_body(&self) -> bool {
        self.is_owned_depends() && !self.name.to_string().starts_with('_')
    }
}

impl Function {
    /// Reads the function that an attribute stands on. If it is not a function, an error is noted, unless it does not parse: then rustc
    /// reports what is wrong.
    pub(crate) fn read(
        tokens: &TokenStream,
        kind: Kind,
        attribute: &str,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (read, repaired) = repair::signature(tokens.clone(), kind, errors);
        let Ok(mut item) = syn::parse2::<ItemFn>(read) else {
            if item::refuse_other(tokens, attribute, errors) {
                return None;
            }
            return Self::unparsed(tokens.clone(), kind);
        };
        check_other_macros(&mut item, kind, errors);
        check_options(&mut item, errors);
        check_qualifiers(&mut item.sig, kind.name(), errors);
        let yields = kind == Kind::Dependency && check_yield(&item.block, errors);
        let has_no_body = yields || item.sig.inputs.iter().any(is_nameless);
        let mut has_no_types = false;
        let params = item
            .sig
            .inputs
            .iter_mut()
            .enumerate()
            .filter_map(|(index, input)| {
                let before = errors.count();
                let mut param = parameter(input, kind, &mut has_no_types, errors)?;
                param.is_reported = errors.count() > before || repaired.get(index) == Some(&true);
                Some(param)
            })
            .collect();
        let before = errors.count();
        let output = output(&item.sig, kind, errors);
        let has_no_output = errors.count() > before || kind != Kind::Task && types::lacks_lifetime(&item.sig);
        check_self(&item.sig, kind.name(), errors);
        Some(Self { item, params, output, has_no_types, has_no_output, has_no_body, unparsed: None })
    }

    /// As much of it as parses. No errors are noted, since rustc reports why the rest does not parse.
    fn unparsed(tokens: TokenStream, kind: Kind) -> Option<Self> {
        let item = item::unparsed(tokens.clone())?;
        let output = output(&item.sig, kind, &mut Errors::default());
        Some(Self {
            item,
            params: Vec::new(),
            output,
            has_no_types: false,
            has_no_output: false,
            has_no_body: false,
            unparsed: Some(tokens),
        })
    }

    /// What the function returns, if rustc should check it: `Unit` if something else about it has been reported.
    pub(crate) fn output_to_check(&self) -> &Output {
        if self.has_no_output { &Output::Unit } else { &self.output }
    }

    /// If nothing is wrong, the function with what its macro makes of it. Otherwise the function with the errors, with the assertions about
    /// what is not wrong so far, and with the `stub` that keeps code that names the function from failing too.
    pub(crate) fn finish(
        &self,
        right: &TokenStream,
        stub: &TokenStream,
        asserts: &Asserts,
        errors: Errors,
        private: &TokenStream,
    ) -> TokenStream {
        if self.unparsed.is_some() || self.is_method() || self.repeats_a_name() {
            let (item, errors) = (self.with_errors(private), errors.into_tokens());
            return if self.is_method() {
                quote!(#item #errors)
            } else {
                // The item comes last, since rustc reads nothing after code that does not parse.
                quote!(#errors #stub #item)
            };
        }
        if errors.is_empty() {
            let item = self.for_all(private);
            return quote!(#item #right);
        }
        let (item, asserts) = (self.with_errors(private), asserts.alone(private));
        let errors = errors.into_tokens();
        quote!(#errors #stub #asserts #item)
    }

    /// Whether two parameters have one name, which rustc reports for the function itself.
    fn repeats_a_name(&self) -> bool {
        let repeats = |(index, param): (usize, &Parameter)| {
            self.params[..index].iter().any(|earlier| earlier.name == param.name)
        };
        self.params.iter().enumerate().any(repeats)
    }

    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    /// The function for the compiler and, with the types as they were written, for rustdoc, which reads no body. These are two functions and
    /// not one with each type twice, so that an attribute below the macro sees each parameter once.
    fn for_all(&self, private: &TokenStream) -> TokenStream {
        let named = self.named(private);
        if !self.names_dependency() {
            return quote!(#named);
        }
        let ItemFn { attrs, vis, sig, .. } = &self.item;
        quote! {
            #[cfg(not(doc))]
            #named
            #[cfg(doc)]
            #(#attrs)* #vis #sig { loop {} }
        }
    }

    /// The function as it was written, except for the types of parameters that name a dependency: see `names.rs`.
    fn named(&self, private: &TokenStream) -> ItemFn {
        let mut item = self.item.clone();
        let mut named = Vec::new();
        for input in &mut item.sig.inputs {
            let FnArg::Typed(typed) = input else { continue };
            let Some(param) = self.naming_parameter(&typed.pat) else { continue };
            *typed.ty = types::bare(&typed.ty);
            match &mut *typed.ty {
                Type::Reference(reference) => *reference.elem = param.ty.clone(),
                ty => *ty = param.ty.clone(),
            }
            let written = typed.pat.clone();
            if param.is_named_in_body()
                && let Pat::Ident(pattern) = &mut *typed.pat
            {
                let (name, ty) = (&param.name, &param.ty_in_body);
                let span = name.span();
                let value = quote_spanned!(span=> #private::named(#name));
                // Lint attributes of the parameter are meant for this name, which the body uses.
                let lints = typed.attrs.extract_if(.., |attr| is_lint(attr));
                named.push(parse_quote!(#(#lints)* let #written: #ty = #value;));
                pattern.mutability = None;
            }
        }
        item.block.stmts.splice(0..0, named);
        if self.names_dependency() {
            // The names are looked up in a private type. It could not be public, since it would then have to name private types.
            item.attrs.push(parse_quote!(#[allow(private_interfaces)]));
        }
        item
    }

    fn names_dependency(&self) -> bool {
        self.params.iter().any(Parameter::names_dependency)
    }

    /// The parameter of this pattern, if it names a dependency.
    fn naming_parameter(&self, pattern: &Pat) -> Option<&Parameter> {
        let name = name_of(pattern)?;
        self.params.iter().find(|param| param.name == *name && param.names_dependency())
    }

    /// A call of the function with these arguments, at the span of its name.
    pub(crate) fn call(&self, turbofish: &TokenStream, arguments: &[TokenStream]) -> TokenStream {
        let name = self.name();
        quote_spanned!(name.span()=> #name #turbofish(#(#arguments),*))
    }

    /// The same as a future, which keeps what it borrows.
    pub(crate) fn future(&self, turbofish: &TokenStream, arguments: &[TokenStream]) -> TokenStream {
        let call = self.call(turbofish, arguments);
        let span = self.name().span();
        if self.params.iter().any(|param| param.borrowed) {
            quote_spanned!(span=> async move { #call.await })
        } else {
            call
        }
    }

    pub(crate) fn name(&self) -> &syn::Ident {
        &self.item.sig.ident
    }

    /// The attributes that also apply to the type of the same name. Its documentation is left out, since its examples would run twice.
    pub(crate) fn docs(&self, line: &str) -> TokenStream {
        let is_kept = |attr: &&Attribute| {
            attr.path().is_ident("cfg") || matches!(&attr.meta, Meta::List(list) if list.path.is_ident("doc"))
        };
        let kept = self.item.attrs.iter().filter(is_kept);
        quote!(#[doc = #line] #(#kept)*)
    }

    /// The type that stands for the function: braces keep it out of the value namespace, where the function is.
    pub(crate) fn marker(&self, generics: &Generics, line: &str, private: &TokenStream) -> TokenStream {
        let (name, vis, docs) = (self.name(), &self.item.vis, self.docs(line));
        let types: Vec<_> = generics.type_params().map(|param| &param.ident).collect();
        let field = (!types.is_empty())
            .then(|| quote!(#[doc(hidden)] __epilogue: #private::PhantomData<fn() -> (#(#types,)*)>,));
        let where_clause = &generics.where_clause;
        // At the span of the name, where rustc reports a second function of the same name.
        let structure = quote_spanned!(name.span()=> struct #name #generics #where_clause { #field });
        quote! {
            #docs
            #[allow(non_camel_case_types, missing_docs, missing_copy_implementations, missing_debug_implementations, dead_code, reason = "it only names the function")]
            #vis #structure
        }
    }

    /// Notes an option that an async function cannot have.
    pub(crate) fn check_blocking(&self, option: Option<&Ident>, errors: &mut Errors) {
        if let Some(blocking) = option
            && self.is_async()
        {
            errors.at(
                blocking,
                "`blocking` runs a sync function on the blocking pool, and this one is async: remove `blocking`, or write `fn` \
                 without `async`",
            );
        }
    }

    /// The function for an item with errors: as it was written, except for what would make rustc report more errors.
    fn with_errors(&self, private: &TokenStream) -> TokenStream {
        if let Some(unparsed) = &self.unparsed {
            return unparsed.clone();
        }
        let is_alone = self.is_method() || self.repeats_a_name();
        let mut item = if is_alone { self.item.clone() } else { self.named(private) };
        for input in &mut item.sig.inputs {
            let nameless = is_nameless(input);
            let FnArg::Typed(typed) = input else { continue };
            if nameless {
                *typed.pat = parse_quote!(_);
            }
            if self.has_no_types {
                *typed.ty = parse_quote!(#private::Unfinished);
            }
        }
        if self.has_no_output {
            item.sig.output = parse_quote!(-> #private::Unfinished);
        }
        if self.has_no_types || self.has_no_output || self.has_no_body {
            *item.block = parse_quote!({ #private::unfinished() });
            // Its own body uses the parameters.
            item.attrs.push(parse_quote!(#[allow(unused_mut, unused_variables)]));
        }
        quote!(#item)
    }

    /// Its generics without lifetimes: what is generated outlives a call, so it cannot be generic over them.
    pub(crate) fn generics(&self) -> Generics {
        without_lifetimes(self.item.sig.generics.clone())
    }

    /// Whether it stands in an `impl`, where no other items can be generated beside it.
    fn is_method(&self) -> bool {
        self.item.sig.receiver().is_some() || self_type(&self.item.sig).is_some()
    }
}

/// Allows what lints would otherwise report about the generated code, at the user's tokens. It may use an item that is deprecated.
pub(crate) fn allowed(attrs: &[Attribute]) -> TokenStream {
    let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let deprecated = is_deprecated.then(|| quote!(deprecated,));
    quote! {
        #[allow(
            #deprecated
            trivial_bounds,
            unused_imports,
            unused_mut,
            unused_qualifications,
            unused_variables,
            closure_returning_async_block,
            clippy::items_after_statements,
            clippy::multiple_bound_locations,
            clippy::redundant_closure,
            clippy::unnecessary_struct_initialization,
            clippy::wildcard_imports,
            reason = "it is not as the user would write it"
        )]
    }
}

pub(crate) fn without_lifetimes(mut generics: Generics) -> Generics {
    generics.params =
        generics.params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
    if let Some(clause) = &mut generics.where_clause {
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter(|predicate| !matches!(predicate, WherePredicate::Lifetime(_)))
            .collect();
    }
    generics
}

/// A function can have only one of our macros: what two of them generate would have the same name.
fn check_other_macros(item: &mut ItemFn, kind: Kind, errors: &mut Errors) {
    let name = &item.sig.ident;
    for other in item.attrs.extract_if(.., |attr| Kind::of_attribute(attr).is_some()) {
        let message = match Kind::of_attribute(&other) {
            Some(Kind::Route) if kind == Kind::Route => {
                format!("`{name}` has two route macros: write a second function that calls it")
            }
            Some(other) if other != kind => {
                let (first, second) = (kind.name(), other.name());
                format!(
                    "`{name}` is {first} and {second}: write a function for each, where one calls the other"
                )
            }
            _ => format!("`{name}` has this macro twice: remove one"),
        };
        errors.at(other.path(), message);
    }
}

/// The options of a parameter belong in front of it, and not above the function.
fn check_options(item: &mut ItemFn, errors: &mut Errors) {
    for attr in item.attrs.extract_if(.., |attr| attr.path().is_ident("param")) {
        let written = types::text(&attr);
        errors.at(
            attr,
            format!("the options of a parameter stand before its name: write `{written} name: Type`, in the parentheses"),
        );
    }
}

/// In FastAPI, what follows the `yield` of a dependency runs when its scope ends. Returns whether there is one.
fn check_yield(body: &Block, errors: &mut Errors) -> bool {
    struct First<'b>(Option<&'b ExprYield>);
    impl<'b> Visit<'b> for First<'b> {
        fn visit_expr_yield(&mut self, expr: &'b ExprYield) {
            self.0.get_or_insert(expr);
        }
    }
    let mut first = First(None);
    first.visit_block(body);
    if let Some(expr) = first.0 {
        errors.at(
            expr,
            "a dependency returns its output, and what follows a `yield` in FastAPI is its exit, a function of its own: write \
             `#[dependency(exit = close)]`, `async fn close(output: &Output, outcome: &Outcome)`, and return the value here",
        );
    }
    first.0.is_some()
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

/// Whether the first argument of an attribute is a literal.
fn has_template(attr: &Attribute) -> bool {
    let Meta::List(list) = &attr.meta else { return false };
    matches!(list.tokens.clone().into_iter().next(), Some(TokenTree::Literal(_)))
}

/// `Self` means that the function is in an `impl`, where none of our macros can be used. For a `self`, this has been reported.
fn check_self(signature: &Signature, of: &str, errors: &mut Errors) {
    if signature.receiver().is_none()
        && let Some(name) = self_type(signature)
    {
        errors.at(
            name,
            format!("{of} is a free function, and `Self` belongs to an `impl`: move the function out of it, and write the type"),
        );
    }
}

/// The first `Self` in a signature.
fn self_type(signature: &Signature) -> Option<Ident> {
    let Signature { inputs, output, .. } = signature;
    types::word(quote!(#inputs #output), &|word| word == "Self")
}

fn check_qualifiers(signature: &mut Signature, of: &str, errors: &mut Errors) {
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            format!("{of} cannot be an `extern` function: remove it, or call it from a plain Rust function"),
        );
    }
    if let syn::Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(
            unsafety,
            format!("{of} cannot be `unsafe`: remove it, and put the unsafe block into the body"),
        );
    }
    if let Some(constness) = &signature.constness {
        errors.at(constness, format!("{of} cannot be `const`: remove it"));
    }
    // rustc would report it too, so it is removed.
    if let Some(variadic) = signature.variadic.take() {
        errors.at(
            variadic,
            format!("{of} cannot take a variable number of arguments: remove `...`, or take `Query<Vec<…>>`"),
        );
    }
}

fn parameter(
    input: &mut FnArg,
    kind: Kind,
    has_no_types: &mut bool,
    errors: &mut Errors,
) -> Option<Parameter> {
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
        return task_argument(name, &ty_as_written, &attrs, has_no_types, errors);
    }
    if let Type::Reference(reference) = &ty_as_written {
        if types::is_unsized(&reference.elem) {
            errors.at(reference, types::unsourced(reference, &reference.elem));
            return None;
        }
        let ty = types::text(&reference.elem);
        if let Some(mutability) = &reference.mutability {
            errors.at(
                mutability,
                if types::is_named(&reference.elem, "WebSocket") {
                    format!("the socket is the function's own, and not borrowed: write `mut {name}: {ty}`")
                } else {
                    format!(
                        "a parameter cannot be `&mut`, since the request shares it: write `&{ty}` or `{ty}`"
                    )
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
    let param = Parameter::new(name, ty_as_written, attrs);
    *has_no_types |= !types::check(&param.ty, of, Place::Parameter, errors);
    Some(param)
}

/// The name that a parameter looks up: without a leading `_`, which rustc wants for a parameter that is not used.
fn key(name: &Ident) -> String {
    let name = name.unraw().to_string();
    let key = name.trim_start_matches('_');
    if key.is_empty() { name } else { key.to_owned() }
}

pub(crate) fn name_of(pattern: &Pat) -> Option<&syn::Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

fn is_nameless(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(input) if name_of(&input.pat).is_none())
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
fn name_within(pattern: &Pat) -> Option<&syn::Ident> {
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

/// `#[allow(…)]` and those like it.
fn is_lint(attr: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attr.path().is_ident(level))
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
fn task_argument(
    name: syn::Ident,
    ty: &Type,
    attrs: &[Attribute],
    has_no_types: &mut bool,
    errors: &mut Errors,
) -> Option<Parameter> {
    for attr in attrs {
        errors.at(
            attr,
            "a task's arguments are not looked up in a request, so they have no `#[param(…)]`: remove it",
        );
    }
    if let Type::Reference(reference) = ty {
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
    *has_no_types |= !types::check(ty, Kind::Task.name(), Place::Task, errors);
    Some(Parameter::new(name, ty.clone(), Vec::new()))
}

fn output(signature: &Signature, kind: Kind, errors: &mut Errors) -> Output {
    let ReturnType::Type(_, ty) = &signature.output else { return Output::Unit };
    let ty = types::bare(ty);
    let place = match kind {
        Kind::Dependency => Some(Place::Output),
        Kind::Route => Some(Place::Reply),
        Kind::Task => None,
    };
    if let Some(place) = place {
        types::check(&ty, kind.name(), place, errors);
    }
    // A constant in a type may not depend on what the function is generic over.
    let can_be_asked = !types::mentions(&ty, &signature.generics);
    match types::last_name(&ty).map(ToString::to_string) {
        // Without arguments, it may be a type of the user's own.
        Some(name) if name == "Result" && !(types::arguments(&ty).is_empty() && can_be_asked) => {
            Output::Result(ty)
        }
        Some(name) if name.ends_with("Result") && can_be_asked => Output::PerhapsResult(ty),
        _ => Output::Plain(ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_beside_a_function_has_none_of_its_examples() {
        let item = quote! {
            /// Reads.
            #[doc(hidden)]
            #[cfg(all())]
            async fn read() {}
        };
        let function = Function::read(&item, Kind::Route, "#[get]", &mut Errors::default()).unwrap();
        let kept = quote!(#[doc = "A line."] #[doc(hidden)] #[cfg(all())]);
        assert_eq!(function.docs("A line.").to_string(), kept.to_string());
    }
}
