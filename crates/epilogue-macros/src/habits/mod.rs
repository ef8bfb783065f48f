//! What people write by habit, from FastAPI, axum and elsewhere, and what to write here instead.
//!
//! This goes by how something is written, so it may be wrong. That does no harm, since it only chooses the words of errors.

pub(crate) mod advice;
pub(crate) mod attributes;
pub(crate) mod elsewhere;
pub(crate) mod fastapi;
pub(crate) mod repair;
