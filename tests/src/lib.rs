//! What the tests stand on: the golden reference, the built site, a real browser, and pictures good and bad.
//!
//! All of this is test code: it panics with a sentence where something that must hold does not.

pub mod bench;
pub mod broken;
pub mod browser;
pub mod distance;
pub mod meter;
pub mod outside;
pub mod page;
pub mod picture;
pub mod process;
pub mod reference;
pub mod site;
pub mod wardrobe;
pub mod worker;
