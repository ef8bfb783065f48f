//! The body as it came. It is read once, before anything of the request runs, and kept until the end.

use bytes::Bytes;

use super::{Param, Untaken, described};
use crate::decode::flaw;
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::rejection::Place;
use crate::scope::{Scope, Site};

described!(
    /// The body as it came.
    FromBody = Source::RawBody
);

#[diagnostic::do_not_recommend]
impl Param for Bytes {
    type Source<F: Fuel> = FromBody;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(scope.body().clone())
    }
}

#[diagnostic::do_not_recommend]
impl Param for String {
    type Source<F: Fuel> = FromBody;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        std::str::from_utf8(scope.body()).map(Self::from).map_err(|error| {
            let loc = vec![Place::Body.as_str().into(), error.valid_up_to().into()];
            Untaken::invalid(vec![flaw::STRING_UNICODE.at(loc, serde_json::Value::Null)])
        })
    }
}
