//! An image of heat maps: each row has the photo, the models' input, the heat map and its overlay, below a label.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use shared::explain::HeatMap;
use shared::explain::colormap::{apply_colormap, overlay};
use shared::image::SIDE;

use super::error::PredictError;
use super::label_font::{GLYPH_HEIGHT, draw_text};
use super::png_rows::PngRows;
use super::prepared_file::PreparedFile;

/// The side of a panel, in pixels.
const PANEL: usize = SIDE * 8;
/// Pixels between panels.
const GAP: usize = 8;
const COLUMNS: usize = 4;
const WIDTH: usize = COLUMNS * (PANEL + GAP) + GAP;
/// The height of a label with the space below it.
const LABEL: usize = GLYPH_HEIGHT + 6;
const WHITE: u8 = 255;

/// A PNG file to which a row is added for each prediction. Until it is finished it has another name.
pub struct HeatMapSheet {
    path: PathBuf,
    unfinished: PathBuf,
    /// `None` once it is finished.
    rows: Option<PngRows<BufWriter<File>>>,
    is_empty: bool,
}

impl HeatMapSheet {
    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be written, or would replace one of the images.
    pub fn create<'a>(
        path: &Path,
        mut images: impl Iterator<Item = &'a Path>,
    ) -> Result<Self, PredictError> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".part");
        let unfinished = path.with_file_name(name);
        let targets = [path, &unfinished].map(|path| fs::canonicalize(path).ok());
        let is_target = |image: &Path| {
            let image = fs::canonicalize(image).ok();
            image.is_some() && targets.contains(&image)
        };
        if images.any(is_target) {
            return Err(PredictError::HeatMapsReplaceInput { path: path.into() });
        }
        if path.exists() && !path.is_file() {
            return Err(PredictError::HeatMapsReplaceSpecial { path: path.into() });
        }
        let begin = || {
            let mut rows = PngRows::new(BufWriter::new(File::create(&unfinished)?), WIDTH as u32)?;
            push_white(&mut rows, GAP)?;
            Ok(rows)
        };
        let rows = begin().map_err(|source| not_written(path, source))?;
        Ok(Self {
            path: path.into(),
            unfinished,
            rows: Some(rows),
            is_empty: true,
        })
    }

    /// Adds a row for one prediction.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn push(
        &mut self,
        label: &str,
        file: &PreparedFile,
        map: &HeatMap,
    ) -> Result<(), PredictError> {
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
        self.is_empty = false;
        let Some(rows) = &mut self.rows else {
            return Ok(());
        };
        let written = push_row(rows, label, [&photo, &input, &map, &overlay]);
        written.map_err(|source| not_written(&self.path, source))
    }

    /// Ends the file and gives it its name. Without any row there is no file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<(), PredictError> {
        let Some(rows) = self.rows.take_if(|_| !self.is_empty) else {
            return Ok(());
        };
        let finish = || {
            drop(rows.finish()?);
            fs::rename(&self.unfinished, &self.path)
        };
        finish().map_err(|source| not_written(&self.path, source))
    }
}

impl Drop for HeatMapSheet {
    fn drop(&mut self) {
        // After it was finished there is none.
        let _ = fs::remove_file(&self.unfinished);
    }
}

fn not_written(path: &Path, source: io::Error) -> PredictError {
    PredictError::HeatMaps {
        path: path.into(),
        source,
    }
}

fn push_white(rows: &mut PngRows<BufWriter<File>>, count: usize) -> io::Result<()> {
    (0..count).try_for_each(|_| rows.push(&[WHITE; WIDTH * 3]))
}

/// Writes a label, four RGBA panels, and the space below them.
fn push_row(
    rows: &mut PngRows<BufWriter<File>>,
    label: &str,
    panels: [&[u8]; COLUMNS],
) -> io::Result<()> {
    let mut strip = [[WHITE; WIDTH * 3]; LABEL];
    draw_text(label, WIDTH - 2 * GAP, |x, y| {
        let start = (GAP + x) * 3;
        strip[y][start..start + 3].fill(0);
    });
    strip.iter().try_for_each(|row| rows.push(row))?;
    for y in 0..PANEL {
        let mut row = [WHITE; WIDTH * 3];
        for (column, panel) in panels.into_iter().enumerate() {
            let start = (GAP + column * (PANEL + GAP)) * 3;
            let pixels = row[start..start + PANEL * 3].as_chunks_mut::<3>().0;
            let rgba = panel[y * PANEL * 4..].as_chunks::<4>().0;
            for (pixel, &[red, green, blue, _]) in pixels.iter_mut().zip(rgba) {
                *pixel = [red, green, blue];
            }
        }
        rows.push(&row)?;
    }
    push_white(rows, GAP)
}

/// The part of the photo that the models' input shows, on white; RGBA.
fn framed_photo(file: &PreparedFile) -> Vec<u8> {
    let photo = &file.photo;
    let (width, height) = (photo.width(), photo.height());
    let frame = &file.prepared.frame;
    let (sin, cos) = file.edits.rotation.to_radians().sin_cos();
    (0..PANEL * PANEL)
        .flat_map(|i| {
            // The place on the rotated photo, from its centre.
            let from_centre = |start: f32, step: usize, extent: u32| {
                start + (step as f32 + 0.5) * frame.side / PANEL as f32 - extent as f32 / 2.0
            };
            let across = from_centre(frame.x, i % PANEL, file.prepared.width);
            let down = from_centre(frame.y, i / PANEL, file.prepared.height);
            let x = (across * cos + down * sin + width as f32 / 2.0).floor() as i64;
            let y = (down * cos - across * sin + height as f32 / 2.0).floor() as i64;
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
