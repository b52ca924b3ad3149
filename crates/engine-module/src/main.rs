//! The CPU engine as an ES module: what `js/haberdash.js` calls, which is the interface for other pages.

mod classification;
mod engine;
mod error;
mod explanation;
mod js_objects;
mod prepared_image;

/// Does nothing: the module's functions are called from JavaScript.
fn main() {}

#[cfg(test)]
mod type_declarations;
