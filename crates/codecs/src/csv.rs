//! Reader of CSV files with a 28x28 image in each row.

use shared::image::PIXELS;

use crate::image_array::{ArrayError, ImageArray, MAX_IMAGES};

/// The first row is looked for in so many bytes.
const MAX_ROW: usize = 64 << 10;
/// With decimal commas a row has a comma for each value, so commas are counted last.
const DELIMITERS: [u8; 3] = [b';', b'\t', b','];

/// Whether a text's first row has 784 values, or 785 with a label.
pub fn is_image_csv(file: &[u8]) -> bool {
    delimiter(file).is_some()
}

/// Reads rows of 784 values, separated by commas, semicolons or tabs. A column before them (a label) and a row above them
/// (names of columns) are skipped.
///
/// # Errors
/// A row has another number of values, or something that is not a number.
pub fn decode_csv(file: &[u8]) -> Result<ImageArray, ArrayError> {
    let delimiter = delimiter(file).ok_or(ArrayError::Empty)?;
    let mut values = Vec::new();
    let mut count = 0;
    for (index, row) in rows(file).filter(|(_, row)| !row.is_empty()) {
        if count >= MAX_IMAGES {
            count += 1;
            continue;
        }
        let found = count_values(row, delimiter);
        if !has_image(found) {
            let row = index + 1;
            return Err(ArrayError::Columns { row, found });
        }
        let fields = row
            .split(|byte| *byte == delimiter)
            .take(found)
            .skip(found - PIXELS);
        let numbers: Vec<Option<f32>> = fields.map(|field| number(field, delimiter)).collect();
        if count == 0 && values.is_empty() && is_header(&numbers) {
            continue;
        }
        let numbers: Option<Vec<f32>> = numbers.into_iter().collect();
        values.extend(numbers.ok_or(ArrayError::NotANumber { row: index + 1 })?);
        count += 1;
    }
    ImageArray::from_floats(&values, count)
}

/// The rows with their indices, without line ends and a byte order mark.
fn rows(file: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let rows = file.split(|byte| *byte == b'\n');
    rows.map(<[u8]>::trim_ascii_end).enumerate()
}

fn delimiter(file: &[u8]) -> Option<u8> {
    let start = &file[..file.len().min(MAX_ROW)];
    let (_, first) = rows(start).find(|(_, row)| !row.is_empty())?;
    DELIMITERS
        .into_iter()
        .find(|delimiter| has_image(count_values(first, *delimiter)))
}

/// How many values a row has; nothing behind a last delimiter is none.
fn count_values(row: &[u8], delimiter: u8) -> usize {
    let delimiters = row.iter().filter(|byte| **byte == delimiter).count();
    delimiters + usize::from(!row.ends_with(&[delimiter]))
}

fn has_image(values: usize) -> bool {
    values == PIXELS || values == PIXELS + 1
}

/// A number, also in quotes, and with a decimal comma where commas do not separate.
fn number(field: &[u8], delimiter: u8) -> Option<f32> {
    let field = std::str::from_utf8(field).ok()?;
    let field = field.trim().trim_matches('"').trim();
    if delimiter == b',' {
        return field.parse().ok();
    }
    field.replace(',', ".").parse().ok()
}

/// Whether a row has no numbers, or counts the columns from 0 or 1, as pandas names them.
fn is_header(numbers: &[Option<f32>]) -> bool {
    let counts_from = |start: usize| {
        let expected = (start..).map(|column| Some(column as f32));
        numbers.iter().copied().eq(expected.take(PIXELS))
    };
    numbers.iter().all(Option::is_none) || counts_from(0) || counts_from(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(image: usize, delimiter: &str, write: impl Fn(usize) -> String) -> String {
        let values = (0..PIXELS).map(|pixel| write((pixel * 3 + image * 7) % 256));
        values.collect::<Vec<_>>().join(delimiter)
    }

    fn plain(image: usize) -> String {
        row(image, ",", |grey| grey.to_string())
    }

    #[track_caller]
    fn assert_images(text: &str, images: usize) {
        assert!(is_image_csv(text.as_bytes()));
        let read = decode_csv(text.as_bytes()).unwrap();
        assert_eq!((read.images.len(), read.count), (images, images));
        for (i, image) in read.images.iter().enumerate() {
            let expected = (0..PIXELS).map(|pixel| ((pixel * 3 + i * 7) % 256) as u8);
            assert!(image.pixels().iter().copied().eq(expected), "image {i}");
        }
    }

    #[test]
    fn rows_are_images() {
        assert_images(&plain(0), 1);
        assert_images(&format!("1,{}\n", plain(0)), 1);
        assert_images(&format!("{}\r\n\r\n{},\r\n", plain(0), plain(1)), 2);
        assert_images(&format!("\u{feff}Ankle boot,{}\n", plain(0)), 1);
        assert_images(
            &row(0, "\t", |grey| format!("{:.5}", grey as f32 / 255.0)),
            1,
        );
        let german = row(0, ";", |grey| {
            format!("\"{:.5}\"", grey as f32 / 255.0).replace('.', ",")
        });
        assert_images(&german, 1);
    }

    #[test]
    fn names_of_columns_are_skipped() {
        let names: Vec<String> = (1..=PIXELS).map(|i| format!("pixel{i}")).collect();
        let names = names.join(",");
        assert_images(&format!("label,{names}\n9,{}\n0,{}", plain(0), plain(1)), 2);
        let numbers: Vec<String> = (0..PIXELS).map(|i| i.to_string()).collect();
        assert_images(&format!(",{}\n0,{}", numbers.join(","), plain(0)), 1);
    }

    #[test]
    fn only_the_first_hundred_are_read() {
        let rows: Vec<String> = (0..130).map(plain).collect();
        let read = decode_csv(rows.join("\n").as_bytes()).unwrap();
        assert_eq!((read.images.len(), read.count), (100, 130));
    }

    #[test]
    fn wrong_rows_are_named() {
        let two = format!("{}\n1,2,3\n", plain(0));
        let error = ArrayError::Columns { row: 2, found: 3 };
        assert_eq!(decode_csv(two.as_bytes()), Err(error));
        let text = plain(0).replacen("3,6", "3,six", 1);
        let error = ArrayError::NotANumber { row: 1 };
        assert_eq!(decode_csv(text.as_bytes()), Err(error));
        assert!(!is_image_csv(b"a,b,c\n1,2,3\n"));
        assert!(!is_image_csv(b""));
        let header = vec!["x"; PIXELS].join(",");
        assert_eq!(decode_csv(header.as_bytes()), Err(ArrayError::Empty));
    }
}
