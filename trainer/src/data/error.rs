//! Errors of finding, downloading and reading the data set.

use std::io;
use std::path::PathBuf;

use fashion_mnist::IdxError;
use thiserror::Error;

/// Why the data set could not be loaded.
#[derive(Debug, Error)]
pub enum DataError {
    #[error(
        "{path} is missing: put the four Fashion-MNIST files there, or leave out --data to find or download them"
    )]
    Missing { path: PathBuf },
    #[error(
        "{path} could not be read ({source}): check its permissions, or delete it and run again"
    )]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is damaged ({damage}): delete it and run again to download it again")]
    Damaged { path: PathBuf, damage: Damage },
    #[error(
        "{file} could not be downloaded from any mirror (last: {reason}): check the connection and run again, what has arrived is kept; or name a folder that has it with --data DIR"
    )]
    Download {
        file: &'static str,
        reason: DownloadError,
    },
    #[error(
        "{path} could not be written ({source}): free some space or check the permissions, then run again"
    )]
    Write { path: PathBuf, source: io::Error },
    #[error("this system has no cache folder: name a folder with --data DIR")]
    NoCache,
}

/// What is wrong with a file of the data set.
#[derive(Debug, Error)]
pub enum Damage {
    #[error("the gzip stream is broken: {0}")]
    Gzip(io::Error),
    #[error(transparent)]
    Idx(#[from] IdxError),
    #[error("altered: expected SHA-256 {expected}, found {found}")]
    Hash {
        expected: &'static str,
        found: String,
    },
}

/// Why a mirror did not give a file.
#[derive(Debug, Error)]
pub enum DownloadError {
    #[error("there are no mirrors")]
    NoMirror,
    #[error("{url}: {source}")]
    Request {
        url: String,
        source: Box<ureq::Error>,
    },
    #[error("{url}: the server answered {status}")]
    Status { url: String, status: u16 },
    #[error("{url}: {source}")]
    Transfer { url: String, source: io::Error },
    #[error("{url}: the connection broke off")]
    Incomplete { url: String },
    #[error("{url}: {damage}")]
    Damaged { url: String, damage: Damage },
}
