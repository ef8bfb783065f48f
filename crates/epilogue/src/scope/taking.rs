use super::{Running, Scope, Site, UntakenStep};
use crate::decode::flaw;
use crate::param::{Extract, Param, Untaken, WithValue};
use crate::rejection::{Invalid, Place, Rejection};
use crate::response::Failure;

/// Takes the parameters of one function. It tries all of them and collects what is wrong before it gives up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Taking<'a> {
    scope: &'a mut Scope,
    sites: &'a [Site],
    own: Vec<Invalid>,
    below: Option<Rejection>,
}

impl<'a> Taking<'a> {
    /// For a dependency, with the sites of its step.
    pub fn new(scope: &'a mut Scope, sites: &'a [Site]) -> Self {
        Self { scope, sites, own: Vec::new(), below: None }
    }

    /// The parameter at this position, or `None` with the reason noted.
    pub fn take<P: Param<Via>, Via>(&mut self, position: usize) -> Option<P> {
        self.take_with(position, P::take)
    }

    /// The same for an `Extract`, whose step has already run.
    pub fn take_extracted<E: Send + 'static>(&mut self, position: usize) -> Option<Extract<E>> {
        self.take_with(position, |scope, site| scope.extracted(site).map(Extract).map_err(Untaken::Failed))
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
        match untaken {
            Untaken::Invalid(errors) => self.own.extend(errors),
            Untaken::Failed(rejection) => drop(self.below.get_or_insert(rejection)),
        }
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
    pub fn failed(self) -> Running {
        let (own, below) = self.into_errors();
        Running::Untaken(Box::new(UntakenStep { own, below }))
    }

    /// Whether nothing failed, neither here nor in what ran before.
    pub(super) fn is_clean(&self) -> bool {
        self.own.is_empty() && self.below.is_none() && self.scope.errors.is_empty()
    }

    /// Why a path function cannot run: what is wrong with its own parameters, and with those taken before.
    #[cold]
    pub(super) fn into_failure(self) -> Failure {
        let mut errors = std::mem::take(&mut self.scope.errors);
        let (own, below) = self.into_errors();
        errors.extend(own);
        // As in FastAPI, where the body is not even JSON, nothing else is looked at.
        if let Some(at) = errors.iter().position(|error| error.kind == flaw::JSON_INVALID) {
            errors = vec![errors.swap_remove(at)];
        }
        below
            .and_then(Rejection::into_raised)
            .unwrap_or_else(|| Failure::Rejected(Rejection::without_duplicates(errors)))
    }

    fn into_errors(self) -> (Vec<Invalid>, Option<Rejection>) {
        let mut own = self.own;
        if own.len() > 1 {
            // FastAPI reports a function's values by place: path, query, header, cookie, body.
            own.sort_by_key(Invalid::place);
        }
        (own, self.below)
    }
}

impl Invalid {
    fn place(&self) -> Option<Place> {
        const PLACES: [Place; 5] = [Place::Path, Place::Query, Place::Header, Place::Cookie, Place::Body];
        let crate::rejection::Loc::Name(name) = self.loc.first()? else { return None };
        PLACES.into_iter().find(|place| place.as_str() == name)
    }
}
