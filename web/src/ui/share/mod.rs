//! Passing a result on: its link, and pictures of the result and of the heat map.

mod buttons;
mod card;
mod drawing;
mod heat_map_figure;

pub use buttons::ShareButtons;
pub use heat_map_figure::SaveHeatMap;
