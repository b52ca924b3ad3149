//! Golden parity: burn's two CPU backends and the plan against an independent NumPy implementation, and the
//! plan's Grad-CAM, differentiated by hand, against burn's autodiff.

use burn::tensor::{Device, Tensor};
use shared::network::{Network, pictures};
use shared::plan::Plan;
use shared::{Garment, Grey28, ModelId};
use tests::distance::{self, Distance};
use tests::reference::{Reference, weights};

/// Measured: logits 5.5e-5, nearly all of it the rounding of the reference's six digits; maps 5e-6 from the
/// reference, and 4e-5 between plan and autodiff.
const LIMIT: Distance = Distance {
    logits: 2e-4,
    maps: 1e-4,
};

fn plan(model: ModelId) -> Plan {
    Plan::new(model, &weights(model)).expect("the committed weights fit their model")
}

#[test]
fn the_reference_is_of_ten_pictures_of_each_class() {
    let reference = Reference::read();
    for class in Garment::ALL {
        let count = reference
            .labels
            .iter()
            .filter(|&&l| l == class.index())
            .count();
        assert_eq!(count, 10, "{class}");
    }
}

#[test]
fn the_plan_agrees_with_the_reference() {
    let reference = Reference::read();
    for model in ModelId::ALL {
        let mut plan = plan(model);
        let worst = distance::from_reference(&reference, model, |picture, class| {
            let logits = plan.logits(picture);
            (logits, plan.explain(class).values)
        });
        worst.hold("plan", model, LIMIT);
    }
}

#[test]
fn burn_flex_agrees_with_the_reference() {
    burn_agrees_with_the_reference("burn-flex", &Device::flex());
}

// Deprecated, and kept as a second opinion for as long as burn has it.
#[allow(deprecated)]
#[test]
fn burn_ndarray_agrees_with_the_reference() {
    burn_agrees_with_the_reference("burn-ndarray", &Device::ndarray());
}

fn burn_agrees_with_the_reference(what: &str, device: &Device) {
    let reference = Reference::read();
    for model in ModelId::ALL {
        let networks = Networks::new(model, device);
        let worst = distance::from_reference(&reference, model, |picture, class| {
            let picture = std::slice::from_ref(picture);
            let logits = numbers(networks.plain.forward(batch(picture, device)));
            let logits = logits.try_into().expect("one picture has ten logits");
            (logits, networks.maps(picture, class).concat())
        });
        worst.hold(what, model, LIMIT);
    }
}

#[test]
fn the_plan_s_grad_cam_is_autodiff_s_for_every_class() {
    let reference = Reference::read();
    let device = Device::flex();
    // Two pictures of each class.
    let some: Vec<Grey28> = reference.pictures.iter().step_by(5).cloned().collect();
    for model in ModelId::ALL {
        let mut plan = plan(model);
        let networks = Networks::new(model, &device);
        let mut worst = 0.0_f32;
        let mut spoken = 0;
        for class in Garment::ALL {
            let maps = networks.maps(&some, class);
            for (picture, autodiff) in some.iter().zip(maps) {
                plan.logits(picture);
                let ours = plan.explain(class).values;
                spoken += usize::from(autodiff.iter().any(|&v| v > 0.0));
                let apart = distance::relative(&ours, &autodiff);
                assert!(
                    apart <= LIMIT.maps,
                    "{model}, {class}: maps differ by {apart} of their peak"
                );
                worst = worst.max(apart);
            }
        }
        println!("plan and autodiff, {model}: maps within {worst:.1e}, {spoken} of 200 not empty");
        assert!(
            spoken >= 50,
            "{model}: nearly all maps are empty, so they prove nothing"
        );
    }
}

/// A network twice: as in use, and on a device that records what it computes.
///
/// On such a device batch norm takes its statistics from the batch, as training does, so only the head runs there.
struct Networks {
    plain: Network,
    recording: Network,
    device: Device,
}

impl Networks {
    fn new(model: ModelId, device: &Device) -> Self {
        let on = |device: &Device| {
            Network::from_artifact(model, &weights(model), device)
                .expect("the committed weights fit their model")
        };
        Self {
            plain: on(device),
            recording: on(&device.clone().autodiff()),
            device: device.clone(),
        }
    }

    /// ReLU(sum over channels of mean gradient x activation), a map a picture (arXiv 1610.02391, equations 1, 2).
    fn maps(&self, some: &[Grey28], class: Garment) -> Vec<Vec<f32>> {
        let activation = self.plain.features(batch(some, &self.device)); // [batch, channels, rows, columns]
        let [batch, _, rows, columns] = activation.dims();
        let recorded = activation.clone().autodiff().require_grad();
        let logits = self.recording.head(recorded.clone()); // [batch, 10]
        // A picture's logits do not depend on the other pictures, so the gradients of their sum are those of each.
        let gradients = logits
            .slice([0..batch, class.index()..class.index() + 1])
            .sum()
            .backward();
        let gradient = recorded
            .grad(&gradients)
            .expect("the activation is what is differentiated by");
        let weight = gradient.mean_dim(2).mean_dim(3); // [batch, channels, 1, 1]
        let maps = (activation * weight).sum_dim(1).clamp_min(0.0); // [batch, 1, rows, columns]
        numbers(maps.reshape([batch, rows * columns]))
            .chunks(rows * columns)
            .map(<[f32]>::to_vec)
            .collect()
    }
}

fn batch(some: &[Grey28], device: &Device) -> Tensor<4> {
    let pixels = some.iter().flat_map(Grey28::standardised).collect();
    pictures(pixels, device) // [batch, 1, 28, 28]
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec()
        .expect("the tensor holds f32")
}
