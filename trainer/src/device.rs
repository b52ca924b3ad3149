//! What trains.

use burn::tensor::Device;
use clap::ValueEnum;

/// The devices of `--device`; those for GPUs are behind cargo features of the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceKind {
    /// Kernels of our own, on the CPU.
    Cpu,
    /// burn-flex, on the CPU.
    Flex,
    /// burn-ndarray, on the CPU: deprecated by burn and far slower; a second opinion.
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

    /// burn's handle; `None` of what is not burn's.
    pub fn burn(self) -> Option<Device> {
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

/// Kept on purpose although burn deprecates it: `--device ndarray` is a second opinion on flex.
#[allow(deprecated)]
fn ndarray() -> Device {
    Device::ndarray()
}
