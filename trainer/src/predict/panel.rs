//! Grad-CAM as a picture: a row an answer; the photo, the models' input, the heat map, the overlay.

use std::path::Path;

use image::{Rgba, RgbaImage, imageops};
use shared::explain::HeatMap;
use shared::explain::colormap::{apply_colormap, overlay};
use shared::image::SIDE;

use super::{Picture, PredictError};

/// Pixels along a picture's side.
const PANEL: usize = SIDE * 8;
/// Pixels between pictures.
const GAP: usize = 8;
const COLUMNS: usize = 4;

/// Rows of pictures, drawn one below the other.
#[derive(Default)]
pub struct Panels(Vec<[Vec<u8>; COLUMNS]>);

impl Panels {
    /// Adds an answer's row.
    pub fn push(&mut self, picture: &Picture, map: &HeatMap) {
        let photo = square(picture);
        let input: Vec<u8> = (0..PANEL * PANEL)
            .flat_map(|i| {
                let (x, y) = (i % PANEL * SIDE / PANEL, i / PANEL * SIDE / PANEL);
                let value = picture.prepared.grey.pixels()[y * SIDE + x];
                [value, value, value, 255]
            })
            .collect();
        let heat = map.upsample(PANEL);
        let (map, laid_over) = (apply_colormap(&heat), overlay(&photo, &heat));
        self.0.push([photo, input, map, laid_over]);
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
        for (row, pictures) in self.0.into_iter().enumerate() {
            for (column, rgba) in pictures.into_iter().enumerate() {
                if let Some(panel) = RgbaImage::from_raw(PANEL as u32, PANEL as u32, rgba) {
                    let (x, y) = (GAP + column * step, GAP + row * step);
                    imageops::replace(&mut sheet, &panel, x as i64, y as i64);
                }
            }
        }
        let written = sheet.save_with_format(path, image::ImageFormat::Png);
        written.map_err(|e| PredictError::Panel {
            path: path.into(),
            reason: e.to_string(),
        })
    }
}

/// The part of the photo that the models saw, on white.
fn square(picture: &Picture) -> Vec<u8> {
    let photo = &picture.photo;
    let (width, height) = (photo.width(), photo.height());
    let frame = &picture.prepared.frame;
    (0..PANEL * PANEL)
        .flat_map(|i| {
            let at = |start: f32, step: usize| {
                (start + (step as f32 + 0.5) * frame.side / PANEL as f32).floor() as i64
            };
            let (x, y) = (at(frame.x, i % PANEL), at(frame.y, i / PANEL));
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
