//! The page: its components, its state, and its requests to the engines, which run in workers.

mod contender;
mod dom;
pub mod engine;
mod file_name;
mod json;
mod requests;
mod state;
pub mod ui;

use page_address as address;
