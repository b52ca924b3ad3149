//! The devices that networks are trained on.

use burn::tensor::Device;
use clap::ValueEnum;

/// A device of the option `--device`; those for GPUs need the cargo feature of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceKind {
    /// The crate `cpu-backend`.
    Cpu,
    /// burn-flex, on the CPU.
    Flex,
    /// burn-ndarray, on the CPU: slow and deprecated by burn, for comparison.
    Ndarray,
    /// Any GPU with Vulkan, Metal or DirectX 12.
    #[cfg(feature = "wgpu")]
    Wgpu,
    /// An NVIDIA GPU.
    #[cfg(feature = "cuda")]
    Cuda,
}

impl DeviceKind {
    /// The name on the command line and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            #[cfg(feature = "wgpu")]
            Self::Wgpu => "wgpu",
            #[cfg(feature = "cuda")]
            Self::Cuda => "cuda",
        }
    }

    /// The device in burn; `None` for the CPU backend, which does not use burn.
    pub fn burn_device(self) -> Option<Device> {
        Some(match self {
            Self::Cpu => return None,
            Self::Flex => Device::flex(),
            Self::Ndarray => ndarray(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Device::wgpu(burn::tensor::DeviceKind::default()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Device::cuda(0),
        })
    }
}

/// Deprecated by burn, and kept for comparison with flex.
#[allow(deprecated)]
fn ndarray() -> Device {
    Device::ndarray()
}
