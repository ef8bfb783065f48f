//! The signature of a function: its parameters, whether it is async, what it returns. The body is left alone.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, ExprYield, GenericParam, Generics, Lifetime, LifetimeParam, Meta, PredicateType, ReturnType,
    Signature, TraitBound, Type, TypeParamBound, WherePredicate,
};

use crate::diagnostics::Errors;
use crate::forbidden::{self, Place};
use crate::habits::repair;
use crate::item::{self, ItemFn};
use crate::parameter::{self, Parameter};
use crate::types;

/// A function that an attribute may stand on.
pub(crate) struct Function {
    pub(crate) item: ItemFn,
    pub(crate) params: Vec<Parameter>,
    pub(crate) output: Output,
    /// Something is wrong with what the function returns, and has been reported.
    pub(crate) has_no_output: bool,
    /// The body has a `yield`, or fits a pattern that stands where a parameter's name should be. rustc would report that too.
    pub(crate) has_no_body: bool,
    /// The body states the types of some parameters once more, see `names.rs`. For that its braces are made anew, so it has to parse: see
    /// `ItemFn::body`.
    pub(crate) names_in_body: bool,
    /// The hidden module of `epilogue`, as the function's crate reaches it.
    pub(crate) private: TokenStream,
    /// What was written, if the signature does not parse: rustc reports why.
    pub(crate) unparsed: Option<TokenStream>,
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

impl Function {
    /// Reads the function that an attribute stands on. If it is not a function, an error is noted, unless it does not parse: then rustc
    /// reports what is wrong.
    pub(crate) fn read(
        tokens: &TokenStream,
        kind: Kind,
        attribute: &str,
        private: &TokenStream,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (read, repaired) = repair::signature(tokens.clone(), kind, errors);
        let Ok(mut item) = syn::parse2::<ItemFn>(read) else {
            if item::refuse_other(tokens, attribute, errors) {
                return None;
            }
            return Self::unparsed(tokens.clone(), kind, private);
        };
        check_other_macros(&mut item, kind, errors);
        check_options(&mut item, errors);
        check_qualifiers(&item.sig, kind.name(), errors);
        let yields = kind == Kind::Dependency && check_yield(&item, errors);
        let mut params: Vec<Parameter> = Vec::new();
        for (index, input) in item.sig.inputs.iter_mut().enumerate() {
            let before = errors.count();
            let Some(mut param) = parameter::read(input, kind, errors) else { continue };
            if params.iter().any(|earlier| earlier.name == param.name) {
                parameter::refuse_second(input, &param, kind, errors);
                continue;
            }
            param.is_reported = errors.count() > before || repaired.get(index) == Some(&true);
            params.push(param);
        }
        let names_in_body =
            params.iter().any(Parameter::can_be_named_in_body) && item.parsed_body().is_some();
        let has_no_body = yields || item.sig.inputs.iter().any(parameter::is_nameless);
        let before = errors.count();
        let output = output(&item.sig, kind, errors);
        let has_no_output = errors.count() > before;
        check_self(&item.sig, kind.name(), errors);
        Some(Self {
            item,
            params,
            output,
            has_no_output,
            has_no_body,
            names_in_body,
            private: private.clone(),
            unparsed: None,
        })
    }

    /// As much of it as parses. No errors are noted, since rustc reports why the rest does not parse.
    fn unparsed(tokens: TokenStream, kind: Kind, private: &TokenStream) -> Option<Self> {
        let item = item::unparsed(tokens.clone())?;
        let mut unsaid = Errors::default();
        let output = output(&item.sig, kind, &mut unsaid);
        Some(Self {
            item,
            params: Vec::new(),
            output,
            has_no_output: !unsaid.is_empty(),
            has_no_body: false,
            names_in_body: false,
            private: private.clone(),
            unparsed: Some(tokens),
        })
    }

    /// What the function returns, if rustc should check it: `Unit` if something else about it has been reported.
    pub(crate) fn output_to_check(&self) -> &Output {
        if self.has_no_output { &Output::Unit } else { &self.output }
    }

    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
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

    pub(crate) fn name(&self) -> &Ident {
        &self.item.sig.ident
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

    /// Its generics without lifetimes: what is generated outlives a call, so it cannot be generic over them.
    pub(crate) fn generics(&self) -> Generics {
        without_lifetimes(self.item.sig.generics.clone())
    }

    /// The name of the first type or constant that it is generic over.
    pub(crate) fn type_parameter(&self) -> Option<&Ident> {
        self.item.sig.generics.params.iter().find_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
    }

    /// Whether it stands in an `impl`, where no other items can be generated beside it.
    pub(crate) fn is_method(&self) -> bool {
        self.item.sig.receiver().is_some() || self_type(&self.item.sig).is_some()
    }
}

pub(crate) fn without_lifetimes(mut generics: Generics) -> Generics {
    /// A bound that names one of these lifetimes holds for any: a call lends for as long as it takes.
    struct ForAny(Vec<Lifetime>);
    impl ForAny {
        /// Those that are named in these tokens, as parameters of a `for<…>`.
        fn named(&self, within: &impl ToTokens) -> Vec<GenericParam> {
            let is_named = |lifetime: &&Lifetime| {
                types::word(within.to_token_stream(), &|word| *word == lifetime.ident).is_some()
            };
            let named = self.0.iter().filter(is_named).cloned();
            named.map(LifetimeParam::new).map(GenericParam::Lifetime).collect()
        }
    }
    impl VisitMut for ForAny {
        fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
            let named = self.named(bound);
            if !named.is_empty() {
                bound.lifetimes.get_or_insert_default().lifetimes.extend(named);
            }
        }

        /// If the type has a `for<…>`, its bounds can have none.
        fn visit_predicate_type_mut(&mut self, predicate: &mut PredicateType) {
            if predicate.lifetimes.is_none() && self.named(&predicate.bounded_ty).is_empty() {
                return visit_mut::visit_predicate_type_mut(self, predicate);
            }
            let named = self.named(predicate);
            let any = &mut predicate.lifetimes.get_or_insert_default().lifetimes;
            any.extend(named);
            for bound in &mut predicate.bounds {
                let TypeParamBound::Trait(bound) = bound else { continue };
                let own = bound.lifetimes.take().map(|own| own.lifetimes).unwrap_or_default();
                for param in own {
                    if !any.iter().any(|known| types::same(known, &param)) {
                        any.push(param);
                    }
                }
            }
        }
    }
    let mut any = ForAny(generics.lifetimes().map(|param| param.lifetime.clone()).collect());
    generics.params =
        generics.params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
    let mut generics = keep_bounds(
        generics,
        |bound| !matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static"),
    );
    any.visit_generics_mut(&mut generics);
    generics
}

/// Keeps these bounds of the type parameters, and none of the lifetimes.
pub(crate) fn keep_bounds(mut generics: Generics, is_kept: fn(&TypeParamBound) -> bool) -> Generics {
    if let Some(clause) = &mut generics.where_clause {
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter_map(|mut predicate| {
                let WherePredicate::Type(of_type) = &mut predicate else { return None };
                of_type.bounds = std::mem::take(&mut of_type.bounds).into_iter().filter(is_kept).collect();
                (!of_type.bounds.is_empty()).then_some(predicate)
            })
            .collect();
    }
    for param in generics.type_params_mut() {
        param.bounds = std::mem::take(&mut param.bounds).into_iter().filter(is_kept).collect();
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
fn check_yield(item: &ItemFn, errors: &mut Errors) -> bool {
    struct First<'b>(Option<&'b ExprYield>);
    impl<'b> Visit<'b> for First<'b> {
        fn visit_expr_yield(&mut self, expr: &'b ExprYield) {
            self.0.get_or_insert(expr);
        }
    }
    // What other macros are given may have the word, too, so a body that has it is parsed.
    if types::word(item.body.stream(), &|word| word == "yield").is_none() {
        return false;
    }
    let Some(body) = item.parsed_body() else { return false };
    let mut first = First(None);
    first.visit_block(&body);
    if let Some(expr) = first.0 {
        errors.at(
            expr,
            "a dependency returns its output, and what follows a `yield` in FastAPI is its exit, a function of its own: write \
             `#[dependency(exit = close)]`, `async fn close(output: &Output, outcome: &Outcome)`, and return the value here",
        );
    }
    first.0.is_some()
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

pub(crate) fn check_qualifiers(signature: &Signature, of: &str, errors: &mut Errors) {
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
        forbidden::check(&ty, kind.name(), place, errors);
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
