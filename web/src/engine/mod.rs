//! Engines answer; they run in workers, and the page speaks to them in the words of [`protocol`].

#[cfg(feature = "gpu-worker")]
pub mod adapter;
#[cfg(feature = "worker")]
pub mod agreement;
#[cfg(feature = "ui")]
pub mod assets;
#[cfg(feature = "ui")]
mod audition;
#[cfg(feature = "worker")]
pub mod batch;
#[cfg(feature = "ui")]
pub mod client;
#[cfg(feature = "cpu-worker")]
pub mod cpu;
#[cfg(feature = "cpu-worker")]
mod darkroom;
#[cfg(feature = "worker")]
mod download;
#[cfg(feature = "gpu-worker")]
pub mod gpu;
#[cfg(feature = "cpu-worker")]
mod idx;
#[cfg(feature = "worker")]
pub mod intake;
#[cfg(feature = "ui")]
pub mod link;
#[cfg(feature = "ui")]
pub mod offer;
mod part;
pub mod protocol;
#[cfg(feature = "ui")]
mod questions;
pub mod report;
#[cfg(feature = "worker")]
pub mod scope;
pub mod speeds;
#[cfg(feature = "ui")]
mod succession;
#[cfg(feature = "ui")]
pub mod supply;
#[cfg(feature = "ui")]
pub mod test_set;
#[cfg(feature = "ui")]
pub mod timing;
mod wire;
