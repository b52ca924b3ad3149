//! The browser's graphics processor as the GPU engine's worker finds it: whether it serves, and the alarm for when it
//! fails. The page asks before it fetches this bundle (`offer`); a worker can still find another answer.

use std::sync::Arc;

use burn::cubecl::Device;
use burn::cubecl::prelude::Client;
use burn::cubecl::wgpu::wgpu::{
    Backends, Features, Instance, InstanceDescriptor, PowerPreference, RequestAdapterOptions,
};
use burn::cubecl::wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuDevice, try_init_setup_async};
use js_sys::Reflect;
use thiserror::Error;
use wasm_bindgen::JsValue;

use worker_runtime::validation::brief;

/// Why there is no graphics processor to compute on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdapterError {
    #[error(
        "This browser's workers have no WebGPU: update the browser to use the graphics processor."
    )]
    NoWebGpu,
    #[error(
        "WebGPU found no graphics processor: update the browser or the graphics driver to use it."
    )]
    NoAdapter,
    #[error(
        "The graphics processor lacks {0}: update the browser or the graphics driver to use it."
    )]
    MissingFeature(&'static str),
    #[error("The graphics processor could not be opened ({0}): reload the page to try again.")]
    Refused(String),
}

/// Opens the graphics processor that burn would choose. From then on `alarm` is told, in a sentence, when it is lost or
/// refuses a command; both end the engine.
///
/// # Errors
/// See [`AdapterError`].
pub async fn open(alarm: fn(&str)) -> Result<Client, AdapterError> {
    probe().await?;
    let device = WgpuDevice::default();
    let setup = try_init_setup_async::<AutoGraphicsApi>(&device, RuntimeOptions::default())
        .await
        .map_err(|e| AdapterError::Refused(brief(&e.to_string())))?;
    setup.device.set_device_lost_callback(move |_, message| {
        alarm(&format!(
            "The graphics processor was lost ({}): reload the page to try it again.",
            brief(&message)
        ));
    });
    // In place of the runtime's own, which panics.
    setup.device.on_uncaptured_error(Arc::new(move |error| {
        alarm(&format!(
            "The graphics processor refused a command ({}): reload the page to try it again.",
            brief(&error.to_string())
        ));
    }));
    Ok(Device::Wgpu(device).client())
}

/// Looks for what burn's runtime takes for granted: without it, that panics.
async fn probe() -> Result<(), AdapterError> {
    let gpu = Reflect::get(&js_sys::global(), &JsValue::from_str("navigator"))
        .and_then(|navigator| Reflect::get(&navigator, &JsValue::from_str("gpu")));
    if !gpu.is_ok_and(|gpu| gpu.is_object()) {
        return Err(AdapterError::NoWebGpu);
    }
    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::BROWSER_WEBGPU,
        ..InstanceDescriptor::new_without_display_handle()
    });
    let adapter = instance
        .request_adapter(&RequestAdapterOptions {
            // What the runtime asks for, so that it gets the adapter that was looked at.
            power_preference: PowerPreference::HighPerformance,
            ..RequestAdapterOptions::default()
        })
        .await
        .map_err(|_| AdapterError::NoAdapter)?;
    // cubecl-wgpu opens each stream with a profiler, and in a browser has none without timestamps.
    if !adapter.features().contains(Features::TIMESTAMP_QUERY) {
        return Err(AdapterError::MissingFeature("timestamp-query"));
    }
    Ok(())
}
