//! A contender of the comparison: one of the seven models, or the ensemble of all seven ("the vote" on the page).

use shared::ModelId;
use shared::model::ensemble;

/// One of the seven models, or their ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contender {
    Model(ModelId),
    Vote,
}

impl Contender {
    /// All of them; the ensemble is last.
    pub fn all() -> impl Iterator<Item = Self> {
        let models = ModelId::ALL.into_iter().map(Self::Model);
        models.chain([Self::Vote])
    }

    /// The name in file names and in `data-*` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(model) => model.name(),
            Self::Vote => ensemble::NAME,
        }
    }

    /// The display name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Model(model) => model.title(),
            Self::Vote => ensemble::TITLE,
        }
    }

    /// A shorter display name, for narrow plots.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Model(ModelId::Forest) => "Forest",
            Self::Model(ModelId::Knn) => "k-NN",
            Self::Model(ModelId::Logistic) => "Logistic",
            Self::Vote => "Vote",
            Self::Model(_) => self.title(),
        }
    }

    /// The contender with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|e| e.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        assert_eq!(Contender::all().count(), 8);
        for contender in Contender::all() {
            assert_eq!(Contender::from_name(contender.name()), Some(contender));
        }
    }
}
