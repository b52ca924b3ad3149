//! What a liar would write: weights files that are whole, with other contents.

use proptest::prelude::*;
use shared::artifact::{Artifact, Storage, Tensor};

use crate::{NUMBERS, files};

/// One thing that is not as it was.
#[derive(Clone, Debug)]
pub enum Forgery {
    Fill {
        tensor: prop::sample::Index,
        with: f32,
    },
    Value {
        tensor: prop::sample::Index,
        at: prop::sample::Index,
        to: f32,
    },
    Outermost {
        tensor: prop::sample::Index,
        to: usize,
    },
    Innermost {
        tensor: prop::sample::Index,
        to: usize,
    },
    Drop {
        tensor: prop::sample::Index,
    },
    /// Of another file, under this one's name.
    Splice {
        tensor: prop::sample::Index,
        from: prop::sample::Index,
        theirs: prop::sample::Index,
    },
}

pub fn forgery() -> impl Strategy<Value = Forgery> {
    let index = any::<prop::sample::Index>;
    let number = || prop::sample::select(&NUMBERS[..]);
    let few = || prop::sample::select(vec![0_usize, 1, 2, 3, 10, 63, 64, 300]);
    prop_oneof![
        (index(), number()).prop_map(|(tensor, with)| Forgery::Fill { tensor, with }),
        (index(), index(), number()).prop_map(|(tensor, at, to)| Forgery::Value { tensor, at, to }),
        (index(), few()).prop_map(|(tensor, to)| Forgery::Outermost { tensor, to }),
        (index(), few()).prop_map(|(tensor, to)| Forgery::Innermost { tensor, to }),
        index().prop_map(|tensor| Forgery::Drop { tensor }),
        (index(), index(), index()).prop_map(|(tensor, from, theirs)| Forgery::Splice {
            tensor,
            from,
            theirs
        }),
    ]
}

impl Forgery {
    pub fn apply(&self, artifact: &mut Artifact) {
        if artifact.tensors.is_empty() {
            return;
        }
        let tensors = &mut artifact.tensors;
        match self {
            Self::Fill { tensor, with } => {
                let tensor = tensor.get_mut(tensors);
                // Only these can hold any number.
                tensor.storage = Storage::F32;
                tensor.values.fill(*with);
            }
            Self::Value { tensor, at, to } => {
                let tensor = tensor.get_mut(tensors);
                tensor.storage = Storage::F32;
                if !tensor.values.is_empty() {
                    *at.get_mut(&mut tensor.values) = *to;
                }
            }
            Self::Outermost { tensor, to } => resize(tensor.get_mut(tensors), true, *to),
            Self::Innermost { tensor, to } => resize(tensor.get_mut(tensors), false, *to),
            Self::Drop { tensor } => {
                tensors.remove(tensor.index(tensors.len()));
            }
            Self::Splice {
                tensor,
                from,
                theirs,
            } => {
                let (_, bytes) = from.get(files());
                let other = Artifact::from_bytes(bytes).expect("the committed weights are whole");
                let tensor = tensor.get_mut(tensors);
                let name = core::mem::take(&mut tensor.name);
                *tensor = theirs.get(&other.tensors).clone();
                tensor.name = name;
            }
        }
    }
}

/// Gives a dimension another length: what is too much is cut off, what is missing repeats what is there.
fn resize(tensor: &mut Tensor, outermost: bool, to: usize) {
    let place = if outermost {
        tensor.shape.first_mut()
    } else {
        tensor.shape.last_mut()
    };
    if let Some(place) = place {
        *place = to;
        let many = tensor.shape.iter().product();
        let values = tensor.values.iter().copied().cycle().take(many).collect();
        tensor.values = values;
        if tensor.values.len() < many {
            tensor.values.resize(many, 0.5);
        }
    }
}
