//! The browser's graphics device: opened for burn's runtime, with reports of its errors.
//!
//! The page checks for an adapter before it downloads this worker, but a worker may get another one.

use std::sync::Arc;

use burn::cubecl::Device;
use burn::cubecl::prelude::Client;
use burn::cubecl::wgpu::wgpu::{
    Backends, Features, Instance, InstanceDescriptor, PowerPreference, RequestAdapterOptions,
};
use burn::cubecl::wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuDevice, try_init_setup_async};
use js_sys::Reflect;
use protocol::FatalError;
use wasm_bindgen::JsValue;
use worker_runtime::log;

/// Opens burn's default device. `on_error` is called when the device is lost or refuses a command.
///
/// # Errors
/// WebGPU, an adapter or a required feature is missing, or the device cannot be opened.
pub async fn open(on_error: fn(FatalError)) -> Result<Client, FatalError> {
    check_adapter().await?;
    let device = WgpuDevice::default();
    let setup = try_init_setup_async::<AutoGraphicsApi>(&device, RuntimeOptions::default())
        .await
        .map_err(|e| {
            log(&e.to_string());
            FatalError::NotOpened
        })?;
    setup.device.set_device_lost_callback(move |_, message| {
        log(&message);
        on_error(FatalError::DeviceLost);
    });
    // Replaces the runtime's own handler, which panics.
    setup.device.on_uncaptured_error(Arc::new(move |error| {
        log(&error.to_string());
        on_error(FatalError::CommandRefused);
    }));
    Ok(Device::Wgpu(device).client())
}

/// Checks what burn's runtime requires, as it panics without it.
async fn check_adapter() -> Result<(), FatalError> {
    let gpu = Reflect::get(&js_sys::global(), &JsValue::from_str("navigator"))
        .and_then(|navigator| Reflect::get(&navigator, &JsValue::from_str("gpu")));
    if !gpu.is_ok_and(|gpu| gpu.is_object()) {
        return Err(FatalError::NoWebGpu);
    }
    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::BROWSER_WEBGPU,
        ..InstanceDescriptor::new_without_display_handle()
    });
    let adapter = instance
        .request_adapter(&RequestAdapterOptions {
            // The same options as the runtime's, so that it gets the adapter that is checked here.
            power_preference: PowerPreference::HighPerformance,
            ..RequestAdapterOptions::default()
        })
        .await
        .map_err(|_| FatalError::NoAdapter)?;
    // protocol::GPU_FEATURE: cubecl-wgpu opens each stream with a profiler, which needs timestamps in a browser.
    if !adapter.features().contains(Features::TIMESTAMP_QUERY) {
        return Err(FatalError::MissingFeature);
    }
    Ok(())
}
