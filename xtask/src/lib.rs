//! What the tests use of the everyday commands.

pub mod http;
