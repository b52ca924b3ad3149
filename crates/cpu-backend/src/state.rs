//! The state of a training run as named parts of bytes, for checkpoints.

use thiserror::Error;

/// A named part of the training state, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePart {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// A part of the training state does not fit the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the part {0} of the training state is damaged, or of another network")]
pub struct StateError(pub &'static str);

impl StatePart {
    /// The parts of these names: a list of numbers each, and at last the number of steps.
    pub(crate) fn all(names: &[&'static str], lists: &[&Vec<f32>], steps: u64) -> Vec<Self> {
        let lists = lists.iter();
        let bytes = lists.map(|list| list.iter().flat_map(|x| x.to_le_bytes()).collect());
        let bytes = bytes.chain([steps.to_le_bytes().to_vec()]);
        names
            .iter()
            .zip(bytes)
            .map(|(&name, bytes)| Self { name, bytes })
            .collect()
    }

    /// Reads a list of numbers.
    ///
    /// # Errors
    /// The list has another length.
    pub(crate) fn read_into(&self, list: &mut [f32]) -> Result<(), StateError> {
        if self.bytes.len() != 4 * list.len() {
            return Err(StateError(self.name));
        }
        let numbers = self.bytes.as_chunks::<4>().0.iter();
        list.iter_mut()
            .zip(numbers)
            .for_each(|(x, b)| *x = f32::from_le_bytes(*b));
        Ok(())
    }

    /// Reads a single number.
    ///
    /// # Errors
    /// The part has another length.
    pub(crate) fn number(&self) -> Result<u64, StateError> {
        let bytes = self.bytes.as_slice().try_into();
        let bytes = bytes.map_err(|_| StateError(self.name))?;
        Ok(u64::from_le_bytes(bytes))
    }
}
