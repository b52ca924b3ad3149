//! The page's components. They show the state and start requests.

mod app;
mod batch;
mod benchmark;
mod canvas;
mod choice;
mod compare;
mod contributions;
mod disclosure;
mod editor;
mod embedding;
mod engine_panel;
mod ensemble_panel;
mod ensemble_text;
mod explanation;
mod footer;
mod gallery;
mod header;
mod inside;
mod later_sections;
mod later_styles;
mod lazy_part;
mod messages;
mod model_row;
mod paint;
mod photo_network_panel;
mod picture_mark;
mod predictions;
mod preview;
mod probability_bars;
mod quiz;
mod share;
mod stroke;
mod test_images;
mod unchecked;
mod upload;

pub use app::open;
