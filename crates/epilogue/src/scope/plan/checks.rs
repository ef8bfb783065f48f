//! What is wrong with a parameter of a route, as far as only the start can tell.

use super::PlanError;
use super::draft::Draft;
use crate::decode::Shape;
#[cfg(feature = "pattern")]
use crate::decode::compiled;
use crate::graph::node::{ParamNode, Source};
#[cfg(feature = "pattern")]
use crate::param::ParamOptions;
use crate::rejection::Place;

impl Draft<'_, '_> {
    pub(super) fn check(&self, param: &'static ParamNode) -> Result<(), PlanError> {
        self.check_alias(param)?;
        self.check_fields(param)?;
        self.check_in_app(param)?;
        #[cfg(feature = "pattern")]
        self.compile_patterns(param, &param.options)?;
        match param.source {
            Source::Value(Place::Path) => self.check_segment(param),
            _ => Ok(()),
        }
    }

    /// What takes a place as a whole is looked up by no name. In a JSON body that others share it would be, so there it is left alone.
    fn check_alias(&self, param: &ParamNode) -> Result<(), PlanError> {
        let (Some(alias), Some(reads)) = (param.options.alias, param.reads) else { return Ok(()) };
        let reads = match (param.source, (reads.shape)()) {
            (Source::Value(_) | Source::Form, Shape::Struct(names)) => format!("`{}`", names.join("`, `")),
            (Source::Value(_) | Source::Form, Shape::Map) => String::from("whatever is sent"),
            (Source::Value(Place::Path), Shape::List | Shape::Tuple(_)) => {
                String::from("all segments in order")
            }
            _ => return Ok(()),
        };
        Err(PlanError::UnusedAlias {
            route: self.route.name,
            at: param.at,
            alias,
            reads,
            chain: self.chain(),
        })
    }

    /// A limit under a name that is not read would be no limit at all.
    fn check_fields(&self, param: &ParamNode) -> Result<(), PlanError> {
        let (limited, Some(reads)) = (param.options.fields, param.reads) else { return Ok(()) };
        if limited.is_empty() {
            return Ok(());
        }
        let names = match (reads.shape)() {
            Shape::Struct(names) => names,
            Shape::Value | Shape::List | Shape::Tuple(_) => &[],
            // What it reads is known only when it is read.
            Shape::Map | Shape::Any => return Ok(()),
        };
        let (route, at, chain) = (self.route.name, param.at, self.chain());
        if let Some((field, _)) = limited.iter().find(|(field, _)| !names.contains(field)) {
            let known = match names {
                [] => String::from("its type reads no fields"),
                names => format!("there are `{}`", names.join("`, `")),
            };
            return Err(PlanError::UnknownField { route, at, field, known, chain });
        }
        let is_limited = |name: &str| limited.iter().any(|(field, _)| *field == name);
        for &other in names.iter().filter(|name| !is_limited(name)) {
            if let Some((field, _)) = limited.iter().find(|(field, _)| (reads.is_one_field)([field, other])) {
                return Err(PlanError::UnlimitedName { route, at, field, other, chain });
            }
        }
        Ok(())
    }

    /// An app-scoped dependency may not take anything of a request.
    fn check_in_app(&self, param: &ParamNode) -> Result<(), PlanError> {
        let is_of_app =
            matches!(param.source, Source::Dependency { .. } | Source::State { .. } | Source::SecurityScopes);
        if is_of_app || !self.in_app {
            return Ok(());
        }
        Err(PlanError::NotInApp {
            stand_in: self.stand_in(),
            route: self.route.name,
            at: param.at,
            chain: self.chain(),
        })
    }

    /// What is read of the path must be in the template, together with the prefixes that only the start knows.
    fn check_segment(&self, param: &ParamNode) -> Result<(), PlanError> {
        let missing = match param.reads.map(|reads| (reads, (reads.shape)())) {
            _ if param.scalar => {
                (!self.segments.iter().any(|segment| segment == param.key)).then(|| param.key.to_owned())
            }
            Some((reads, Shape::Value | Shape::Struct(_))) => (reads.missing)(param.key, self.segments),
            Some((_, Shape::Tuple(parts))) if parts != self.segments.len() => {
                let (route, at, path) = (self.route.name, param.at, self.path.to_owned());
                return Err(PlanError::SegmentCount { route, at, parts, path, chain: self.chain() });
            }
            // What other types miss may depend on what the segments hold.
            _ => None,
        };
        missing.map_or(Ok(()), |name| {
            let (route, at, path) = (self.route.name, param.at, self.path.to_owned());
            Err(PlanError::MissingSegment { route, at, name, path, chain: self.chain() })
        })
    }

    /// A macro only parses them: one that parses can still be too large.
    #[cfg(feature = "pattern")]
    fn compile_patterns(&self, param: &ParamNode, options: &'static ParamOptions) -> Result<(), PlanError> {
        if let Some(pattern) = options.pattern
            && let Err(error) = compiled(pattern)
        {
            return Err(PlanError::Pattern {
                route: self.route.name,
                at: param.at,
                pattern,
                chain: self.chain(),
                reason: error.to_string(),
            });
        }
        options.fields.iter().try_for_each(|(_, options)| self.compile_patterns(param, options))
    }
}
