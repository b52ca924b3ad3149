//! Support for the tests: the golden reference, the built site, a browser, and image files.
//!
//! All of this is test code: a failed expectation panics with a message.

pub mod allocation_counter;
pub mod browser;
pub mod browser_bench;
pub mod cpu_time;
pub mod damaged_files;
pub mod distance;
pub mod image_files;
pub mod page;
pub mod process;
pub mod proxy;
pub mod reason_reference;
pub mod reference;
pub mod reliability;
pub mod site;
pub mod synthetic_photos;
pub mod worker;
