//! A photo small enough to show: averaged over whole pixels, laid on white as the preparation does.

use shared::photo::Photo;

use super::protocol::Thumbnail;

/// The longest side of a photo that is shown, in pixels.
pub const LONGEST_SIDE: u32 = 640;

/// The photo shrunk so that no side exceeds [`LONGEST_SIDE`]; one that is small enough keeps its size.
pub fn thumbnail(photo: Photo) -> Thumbnail {
    let longest = photo.width.max(photo.height);
    let shrunk = |side: u32| match longest > LONGEST_SIDE {
        true => (u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest)).max(1) as u32,
        false => side,
    };
    let (width, height) = (shrunk(photo.width), shrunk(photo.height));
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for row in 0..height {
        let rows = span(row, height, photo.height);
        for column in 0..width {
            let columns = span(column, width, photo.width);
            let mut sum = [0_u64; 3];
            let mut count = 0;
            for y in rows.clone() {
                let line = y * photo.width as usize;
                for pixel in
                    photo.rgba[(line + columns.start) * 4..(line + columns.end) * 4].chunks_exact(4)
                {
                    let alpha = u64::from(pixel[3]);
                    for (sum, &value) in sum.iter_mut().zip(pixel) {
                        *sum += u64::from(value) * alpha + 255 * (255 - alpha);
                    }
                    count += 255;
                }
            }
            rgba.extend(sum.map(|s| ((s + count / 2) / count) as u8));
            rgba.push(255);
        }
    }
    Thumbnail {
        width,
        height,
        rgba,
    }
}

/// The pixels of a side of length `from` that pixel `i` of a side of length `to` averages; at least one.
fn span(i: u32, to: u32, from: u32) -> core::ops::Range<usize> {
    let edge = |i: u32| (u64::from(i) * u64::from(from) / u64::from(to)) as usize;
    edge(i)..edge(i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Photo {
        let rgba = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| pixel(x, y))
            .collect();
        Photo {
            width,
            height,
            rgba,
        }
    }

    #[test]
    fn a_small_photo_stays_as_it_is() {
        let small = photo(3, 2, |x, y| [x as u8, y as u8, 9, 255]);
        let rgba = small.rgba.clone();
        let shown = thumbnail(small);
        assert_eq!((shown.width, shown.height), (3, 2));
        assert_eq!(shown.rgba, rgba);
    }

    #[test]
    fn halving_averages_four_pixels() {
        let large = photo(2 * LONGEST_SIDE, 20, |x, y| {
            [(x % 2 * 100) as u8, (y % 2 * 50) as u8, 7, 255]
        });
        let shown = thumbnail(large);
        assert_eq!((shown.width, shown.height), (LONGEST_SIDE, 10));
        assert!(shown.rgba.chunks_exact(4).all(|p| p == [50, 25, 7, 255]));
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let glass = photo(1, 1, |_, _| [0, 0, 0, 0]);
        assert_eq!(thumbnail(glass).rgba, [255; 4]);
    }

    #[test]
    fn a_thread_keeps_its_one_pixel() {
        let thread = photo(5000, 1, |_, _| [1, 2, 3, 255]);
        let shown = thumbnail(thread);
        assert_eq!((shown.width, shown.height), (LONGEST_SIDE, 1));
    }
}
