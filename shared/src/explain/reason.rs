//! The reason that a model itself gives for a class: neighbours, support vectors, votes of trees, or maps.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::evidence_map::EvidenceMap;
use crate::model::forest::TreeVotes;
use crate::model::knn::Neighbour;
use crate::model::svm::ClassDecision;

/// A model's own reason for a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// Of the networks and of logistic regression; the first map is the one to begin with.
    Maps(Vec<EvidenceMap>),
    /// Of k-nearest neighbours, nearest first. They are the same for every class.
    Neighbours(Vec<Neighbour>),
    /// Of the support vector machine.
    SupportVectors(ClassDecision),
    /// Of the random forest.
    Trees(TreeVotes),
}
