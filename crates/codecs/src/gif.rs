//! GIF decoder, for the first frame that shows something.

use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod};
use shared::image::RgbaImage;

use crate::error::{DecodeError, MAX_PIXELS, check_size};

/// An image of this contrast or less shows nothing.
const BLANK: u8 = 32;
/// The contrast counts only what more than one pixel of so many has.
const SPECKS: usize = 1000;
/// Frames after a blank one are searched for something until so many pixels have been decoded or compared.
const SEARCHED_PIXELS: u64 = MAX_PIXELS;
/// And until there were so many: the smallest frames take a few bytes.
const SEARCHED_FRAMES: usize = 500;
/// On larger screens a fade is not followed, to save a copy of the screen.
const FADE_PIXELS: u64 = MAX_PIXELS / 4;

/// Decodes the first frame of a GIF file. If it is blank, the first frame that shows something, and where that fades in, the
/// last one before the contrast stops rising. Each is drawn over the frames before it; what no frame has covered is transparent.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_gif(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    let mut animation = Animation::new(options.read_info(bytes)?)?;
    animation.draw_frame()?;
    if animation.contrast() > BLANK {
        return animation.image();
    }
    let mut clearest: Option<(u8, Vec<u8>)> = None;
    for _ in 0..SEARCHED_FRAMES {
        match animation.draw_frame() {
            Ok(true) => {}
            Err(error) if clearest.is_none() => return Err(error),
            Ok(false) | Err(_) => break,
        }
        let contrast = animation.contrast();
        let is_clearer = match &clearest {
            Some((before, _)) => contrast > *before,
            None => contrast > BLANK,
        };
        if is_clearer {
            if animation.pixels() > FADE_PIXELS {
                return animation.image();
            }
            clearest = Some((contrast, animation.screen.clone()));
        } else if clearest.is_some() {
            break;
        }
    }
    if let Some((_, screen)) = clearest {
        animation.screen = screen;
    }
    animation.image()
}

/// An animation, drawn up to one of its frames.
struct Animation<'a> {
    decoder: Decoder<&'a [u8]>,
    width: u32,
    height: u32,
    /// The screen after the frames so far: RGBA.
    screen: Vec<u8>,
    /// What the last frame asks for before the next is drawn.
    disposal: Disposal,
    /// The frame that was announced and is not drawn yet.
    next: Option<Area>,
    /// How many pixels may be decoded or compared after the first frame.
    pixels_left: u64,
}

/// What happens to a frame's area before the next frame.
enum Disposal {
    Keep,
    Clear(Area),
    /// The screen before the frame.
    Restore(Vec<u8>),
}

/// The part of the screen that a frame covers, which may reach beyond it.
#[derive(Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> Animation<'a> {
    /// Reads the first frame's header: where the screen has no size, it is the frame's.
    fn new(mut decoder: Decoder<&'a [u8]>) -> Result<Self, DecodeError> {
        let (mut width, mut height) = (u32::from(decoder.width()), u32::from(decoder.height()));
        if width > 0 && height > 0 {
            check_size(width, height)?;
        }
        let first = next_area(&mut decoder)?.ok_or(DecodeError::Damaged)?;
        if width == 0 || height == 0 {
            width = (first.left + first.width) as u32;
            height = (first.top + first.height) as u32;
            check_size(width, height)?;
        }
        Ok(Self {
            decoder,
            width,
            height,
            screen: vec![0; width as usize * height as usize * 4],
            disposal: Disposal::Keep,
            next: Some(first),
            pixels_left: SEARCHED_PIXELS,
        })
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Draws the next frame. Returns `false` after the last, or where its pixels would be too many.
    fn draw_frame(&mut self) -> Result<bool, DecodeError> {
        let area = match self.next.take() {
            Some(first) => first,
            None => {
                let Some(area) = next_area(&mut self.decoder)? else {
                    return Ok(false);
                };
                // A frame may be larger than the screen.
                let pixels = self.pixels().max((area.width * area.height) as u64);
                match self.pixels_left.checked_sub(pixels) {
                    Some(left) => self.pixels_left = left,
                    None => return Ok(false),
                }
                area
            }
        };
        let mut indices = vec![0; self.decoder.buffer_size()];
        self.decoder.read_into_buffer(&mut indices)?;
        let palette = self.decoder.palette().map_err(|_| DecodeError::Damaged)?;
        let colours = palette.as_chunks::<3>().0.to_vec();
        let frame = self.decoder.current_frame_info();
        let (transparent, disposal) =
            frame.map_or((None, DisposalMethod::Keep), |f| (f.transparent, f.dispose));

        match std::mem::replace(&mut self.disposal, Disposal::Keep) {
            Disposal::Keep => {}
            Disposal::Clear(area) => self.for_each_row(area, |row, _| row.fill(0)),
            Disposal::Restore(screen) => self.screen = screen,
        }
        self.disposal = match disposal {
            DisposalMethod::Background => Disposal::Clear(area),
            DisposalMethod::Previous => Disposal::Restore(self.screen.clone()),
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
        };
        self.for_each_row(area, |row, y| {
            let indices = indices.get(y * area.width..).unwrap_or_default();
            for (pixel, &index) in row.as_chunks_mut::<4>().0.iter_mut().zip(indices) {
                if transparent != Some(index) {
                    // An index beyond the palette is black, as in browsers.
                    let [red, green, blue] =
                        colours.get(usize::from(index)).copied().unwrap_or_default();
                    *pixel = [red, green, blue, 255];
                }
            }
        });
        Ok(true)
    }

    /// Calls a function with the visible part of each row of an area, and the row's number within the area.
    fn for_each_row(&mut self, area: Area, mut change: impl FnMut(&mut [u8], usize)) {
        let rows = self.screen.chunks_exact_mut(self.width as usize * 4);
        for (y, row) in rows.skip(area.top).take(area.height).enumerate() {
            if let Some(row) = row.get_mut(area.left * 4..) {
                let visible = row.len().min(area.width * 4);
                change(&mut row[..visible], y);
            }
        }
    }

    /// How much the pixels differ from the first one, in the channel that differs most; a few specks do not count. What is
    /// transparent counts as white, like the page behind it.
    fn contrast(&self) -> u8 {
        let colour = |&[red, green, blue, alpha]: &[u8; 4]| match alpha {
            0 => [255; 3],
            _ => [red, green, blue],
        };
        let pixels = self.screen.as_chunks::<4>().0;
        let first = pixels.first().map(colour).unwrap_or_default();
        let mut counts = [0usize; 256];
        for pixel in pixels.iter().map(colour) {
            let differences = pixel.iter().zip(first).map(|(a, b)| a.abs_diff(b));
            counts[usize::from(differences.max().unwrap_or(0))] += 1;
        }
        let mut above = 0;
        for (difference, count) in counts.iter().enumerate().rev() {
            above += count;
            if above > pixels.len() / SPECKS {
                return difference as u8;
            }
        }
        0
    }

    fn image(self) -> Result<RgbaImage, DecodeError> {
        RgbaImage::new(self.width, self.height, self.screen).ok_or(DecodeError::Damaged)
    }
}

/// The area of the next frame; `None` after the last.
fn next_area(decoder: &mut Decoder<&[u8]>) -> Result<Option<Area>, DecodeError> {
    let Some(frame) = decoder.next_frame_info()? else {
        return Ok(None);
    };
    check_size(frame.width.into(), frame.height.into()).map_err(|_| DecodeError::Damaged)?;
    Ok(Some(Area {
        left: frame.left.into(),
        top: frame.top.into(),
        width: frame.width.into(),
        height: frame.height.into(),
    }))
}

impl From<DecodingError> for DecodeError {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::Io(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
