//! Labelled photos of clothes: listing, training variants, and outlines drawn by hand.

pub mod listing;
pub mod outline;
pub mod photo_set;
