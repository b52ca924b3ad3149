//! The test set's two files, as Fashion-MNIST publishes them: a header that says how much there is, then a byte a pixel or
//! a label.

use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};

use protocol::{TEST_SET_SIZE, TestSetPart};

/// The file without its header.
///
/// # Errors
/// A sentence, where it is not the file that was asked for, or not all of it.
pub fn contents(part: TestSetPart, mut file: Vec<u8>) -> Result<Vec<u8>, String> {
    let side = SIDE as u32;
    let (header, bytes): (&[u32], usize) = match part {
        TestSetPart::Images => (&[0x803, TEST_SET_SIZE as u32, side, side], PIXELS),
        TestSetPart::Labels => (&[0x801, TEST_SET_SIZE as u32], 1),
    };
    let expected: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    let damage = if !file.starts_with(&expected) {
        Some("it begins otherwise")
    } else if file.len() != expected.len() + TEST_SET_SIZE * bytes {
        Some("it is of another size")
    } else if part == TestSetPart::Labels
        && file[expected.len()..].iter().any(|l| *l >= CLASSES as u8)
    {
        Some("it names classes that there are not")
    } else {
        None
    };
    match damage {
        Some(what) => Err(format!(
            "The file of the test {} is damaged: {what}. Try again to fetch it anew.",
            part.title()
        )),
        None => Ok(file.split_off(expected.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(part: TestSetPart) -> Vec<u8> {
        let (header, bytes): (&[u8], usize) = match part {
            // The first bytes of t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte.
            TestSetPart::Images => (&[0, 0, 8, 3, 0, 0, 39, 16, 0, 0, 0, 28, 0, 0, 0, 28], 784),
            TestSetPart::Labels => (&[0, 0, 8, 1, 0, 0, 39, 16], 1),
        };
        [header, &vec![9; 10_000 * bytes]].concat()
    }

    #[test]
    fn a_whole_file_loses_its_header() {
        for (part, bytes) in [
            (TestSetPart::Images, 7_840_000),
            (TestSetPart::Labels, 10_000),
        ] {
            assert_eq!(contents(part, file(part)).unwrap(), vec![9; bytes]);
        }
    }

    #[test]
    fn every_damage_is_a_sentence() {
        for part in [TestSetPart::Images, TestSetPart::Labels] {
            let other = match part {
                TestSetPart::Images => TestSetPart::Labels,
                TestSetPart::Labels => TestSetPart::Images,
            };
            let mut short = file(part);
            short.pop();
            for bad in [
                Vec::new(),
                file(other),
                short,
                [file(part), vec![1]].concat(),
            ] {
                let sentence = contents(part, bad).unwrap_err();
                assert!(sentence.contains(part.title()), "{sentence}");
                assert!(sentence.contains("Try again"), "{sentence}");
            }
        }
        let mut labels = file(TestSetPart::Labels);
        labels[70] = 10;
        assert!(contents(TestSetPart::Labels, labels).is_err());
    }
}
