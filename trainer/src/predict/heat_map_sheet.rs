//! An image of heat maps: each row has the photo, the models' input, the heat map and its overlay.

use std::path::Path;

use image::{Rgba, RgbaImage, imageops};
use shared::explain::HeatMap;
use shared::explain::colormap::{apply_colormap, overlay};
use shared::image::SIDE;

use super::error::PredictError;
use super::prepared_file::PreparedFile;

/// The side of a panel, in pixels.
const PANEL: usize = SIDE * 8;
/// Pixels between panels.
const GAP: usize = 8;
const COLUMNS: usize = 4;

/// The rows of the image, each of four RGBA panels.
#[derive(Default)]
pub struct HeatMapSheet(Vec<[Vec<u8>; COLUMNS]>);

impl HeatMapSheet {
    /// Adds a row for one prediction.
    pub fn push(&mut self, file: &PreparedFile, map: &HeatMap) {
        let photo = framed_photo(file);
        let input: Vec<u8> = (0..PANEL * PANEL)
            .flat_map(|i| {
                let (x, y) = (i % PANEL * SIDE / PANEL, i / PANEL * SIDE / PANEL);
                let value = file.prepared.grey.pixels()[y * SIDE + x];
                [value, value, value, 255]
            })
            .collect();
        let heat = map.upsample(PANEL);
        let (map, overlay) = (apply_colormap(&heat), overlay(&photo, &heat));
        self.0.push([photo, input, map, overlay]);
    }

    /// Writes the rows as a PNG.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(self, path: &Path) -> Result<(), PredictError> {
        let step = PANEL + GAP;
        let width = COLUMNS * step + GAP;
        let height = self.0.len() * step + GAP;
        let white = Rgba([255; 4]);
        let mut sheet = RgbaImage::from_pixel(width as u32, height as u32, white);
        for (row, panels) in self.0.into_iter().enumerate() {
            for (column, rgba) in panels.into_iter().enumerate() {
                let panel = RgbaImage::from_raw(PANEL as u32, PANEL as u32, rgba)
                    .expect("invariant: panels have four bytes per pixel");
                let (x, y) = (GAP + column * step, GAP + row * step);
                imageops::replace(&mut sheet, &panel, x as i64, y as i64);
            }
        }
        let written = sheet.save_with_format(path, image::ImageFormat::Png);
        written.map_err(|reason| PredictError::HeatMaps {
            path: path.into(),
            reason,
        })
    }
}

/// The part of the photo that the models' input shows, on white; RGBA.
fn framed_photo(file: &PreparedFile) -> Vec<u8> {
    let photo = &file.photo;
    let (width, height) = (photo.width(), photo.height());
    let frame = &file.prepared.frame;
    (0..PANEL * PANEL)
        .flat_map(|i| {
            let pixel_at = |start: f32, step: usize| {
                (start + (step as f32 + 0.5) * frame.side / PANEL as f32).floor() as i64
            };
            let (x, y) = (pixel_at(frame.x, i % PANEL), pixel_at(frame.y, i / PANEL));
            let inside = (0..i64::from(width)).contains(&x) && (0..i64::from(height)).contains(&y);
            if !inside {
                return [255; 4];
            }
            let pixel = photo.pixels()[y as usize * width as usize + x as usize];
            let alpha = u32::from(pixel[3]);
            let on_white =
                |value: u8| ((u32::from(value) * alpha + 255 * (255 - alpha)) / 255) as u8;
            [
                on_white(pixel[0]),
                on_white(pixel[1]),
                on_white(pixel[2]),
                255,
            ]
        })
        .collect()
}
