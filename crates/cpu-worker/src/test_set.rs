//! Checks of the test set's files.

use fashion_mnist::{IMAGE_HEADER, LABEL_HEADER, parse_labels};
use protocol::{RequestError, TestSetPart};

/// The bytes of a file after its header: 784 per image, or one per label.
///
/// # Errors
/// It is not that file, or not all of it.
pub fn entries(part: TestSetPart, mut file: Vec<u8>) -> Result<Vec<u8>, RequestError> {
    let mut check = part.idx_file().check(&file);
    if part == TestSetPart::Labels {
        check = check.and_then(|()| parse_labels(&file).map(|_| ()));
    }
    check.map_err(|error| RequestError::TestSet {
        part,
        reason: error.to_string(),
    })?;
    Ok(file.split_off(match part {
        TestSetPart::Images => IMAGE_HEADER,
        TestSetPart::Labels => LABEL_HEADER,
    }))
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
    fn removes_the_header_of_a_valid_file() {
        for (part, bytes) in [
            (TestSetPart::Images, 7_840_000),
            (TestSetPart::Labels, 10_000),
        ] {
            assert_eq!(entries(part, file(part)).unwrap(), vec![9; bytes]);
        }
    }

    #[test]
    fn rejects_damaged_files_and_names_them() {
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
                let error = entries(part, bad).unwrap_err();
                assert!(error.to_string().contains(part.title()), "{error}");
            }
        }
        let mut labels = file(TestSetPart::Labels);
        labels[70] = 10;
        assert!(entries(TestSetPart::Labels, labels).is_err());
    }
}
