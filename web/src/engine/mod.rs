//! The page's side of the engines, which run in workers and answer the requests of [`protocol`].

pub mod assets;
mod audition;
pub mod client;
pub mod link;
pub mod offer;
mod questions;
pub mod report;
pub mod speeds;
mod succession;
pub mod supply;
pub mod test_set;
pub mod timing;
