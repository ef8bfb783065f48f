use super::{Running, Scope, Site};
use crate::decode::flaw;
use crate::param::{Extract, Param, Reasons, Untaken, WithValue};
use crate::rejection::{Invalid, Rejection};
use crate::response::Failure;

/// Takes the parameters of one function. It tries all of them and collects what is wrong before it gives up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Taking<'a> {
    scope: &'a mut Scope,
    sites: &'a [Site],
}

impl<'a> Taking<'a> {
    /// For a dependency, with the sites of its step.
    pub fn new(scope: &'a mut Scope, sites: &'a [Site]) -> Self {
        Self { scope, sites }
    }

    /// The parameter at this position, or `None` with the reason noted.
    pub fn take<P: Param<Via>, Via>(&mut self, position: usize) -> Option<P> {
        self.take_with(position, P::take)
    }

    /// The same for an `Extract`, whose step has already run.
    pub fn take_extracted<E: Send + 'static>(&mut self, position: usize) -> Option<Extract<E>> {
        self.take_with(position, |scope, site| scope.extracted(site).map(Extract).map_err(Untaken::failed))
    }

    fn take_with<P>(
        &mut self,
        position: usize,
        take: impl FnOnce(&mut Scope, &Site) -> Result<P, Untaken>,
    ) -> Option<P> {
        match take(self.scope, &self.sites[position]) {
            Ok(value) => Some(value),
            Err(untaken) => {
                self.note(untaken);
                None
            }
        }
    }

    #[cold]
    fn note(&mut self, untaken: Untaken) {
        let Reasons { own, below } = &mut self.scope.errors.get_or_insert_default().of_function;
        own.extend(untaken.0.own);
        *below = below.take().or(untaken.0.below);
    }

    /// The same, with a default for a request that has no value.
    pub fn take_or<P: WithValue>(
        &mut self,
        position: usize,
        default: impl FnOnce() -> P::Value,
    ) -> Option<P> {
        let given = self.take_with(position, P::take_given)?;
        Some(given.unwrap_or_else(|| P::from_value(default())))
    }

    /// The result of a dependency that cannot run.
    #[cold]
    pub fn failed(self) -> Running {
        Running::Untaken(Untaken(Box::new(self.into_reasons())))
    }

    /// Whether nothing failed in what ran before.
    pub(super) fn is_clean(&self) -> bool {
        self.scope.errors.as_ref().is_none_or(|errors| errors.of_steps.is_empty())
    }

    /// Why a path function cannot run: what is wrong with its own parameters, and with those taken before.
    #[cold]
    pub(super) fn into_failure(self) -> Failure {
        let mut errors = self.scope.take_errors_of_steps();
        let Reasons { own, below } = self.into_reasons();
        errors.extend(own);
        // As in FastAPI, where the body is not even JSON, nothing else is looked at.
        if let Some(at) = errors.iter().position(|error| error.kind == flaw::JSON_INVALID) {
            errors = vec![errors.swap_remove(at)];
        }
        below
            .and_then(Rejection::into_raised)
            .unwrap_or_else(|| Failure::Rejected(Rejection::without_duplicates(errors)))
    }

    fn into_reasons(self) -> Reasons {
        let mut reasons = self
            .scope
            .errors
            .as_mut()
            .map(|errors| std::mem::take(&mut errors.of_function))
            .unwrap_or_default();
        // FastAPI reports a function's values by place: path, query, header, cookie, body.
        reasons.own.sort_by_key(Invalid::place);
        reasons
    }
}
