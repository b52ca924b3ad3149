//! Who is compared: the seven models, and their vote.

use shared::ModelId;
use shared::model::vote;

/// A model, or the vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entrant {
    Model(ModelId),
    Vote,
}

impl Entrant {
    /// All of them, the vote last.
    pub fn all() -> impl Iterator<Item = Self> {
        let models = ModelId::ALL.into_iter().map(Self::Model);
        models.chain([Self::Vote])
    }

    /// The name in files and page hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(model) => model.name(),
            Self::Vote => vote::NAME,
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Model(model) => model.title(),
            Self::Vote => vote::TITLE,
        }
    }

    /// The name where there is little room.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Model(ModelId::Forest) => "Forest",
            Self::Model(ModelId::Knn) => "k-NN",
            Self::Model(ModelId::Logistic) => "Logistic",
            Self::Vote => "Vote",
            Self::Model(_) => self.title(),
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|e| e.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        assert_eq!(Entrant::all().count(), 8);
        for entrant in Entrant::all() {
            assert_eq!(Entrant::from_name(entrant.name()), Some(entrant));
        }
    }
}
