//! The CPU engine: decodes and prepares pictures, and answers them by the plan.

use shared::artifact::Artifact;
use shared::image::{PIXELS, SIDE};
use shared::model::softmax;
use shared::photo::{decode, prepare};
use shared::plan::Plan;
use shared::{Garment, Grey28, ModelId};

use super::agreement::Agreement;
use super::intake::{bytes, picture, unfit, unloaded};
use super::protocol::{Case, Map, Pixels, Prepared, Reply, Request, Verdict};
use super::scope::{Engine, failure};
use super::thumbnail::thumbnail;

/// Runs before the first answer, so that the first is as fast as the others.
const WARM_UPS: usize = 3;

/// The models loaded so far, and the clock that times them.
pub struct Cpu {
    plans: Vec<(ModelId, Plan)>,
    /// Milliseconds, monotonic.
    clock: fn() -> f64,
}

impl Engine for Cpu {
    async fn answer(&mut self, request: Request) -> Reply {
        self.reply(request)
    }
}

impl Cpu {
    /// An engine without models.
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            plans: Vec::new(),
            clock,
        }
    }

    /// Answers one request.
    pub fn reply(&mut self, request: Request) -> Reply {
        let reply = match request {
            Request::Load { model, weights } => bytes(weights).and_then(|b| self.load(model, &b)),
            Request::Gallery { sprite } => bytes(sprite).and_then(|b| gallery(&b)),
            Request::Prepare { file } => prepared(&file),
            Request::Classify { model, grey } => self.classify(model, &grey).map(Reply::Verdict),
            Request::Explain { model, grey, class } => self.explain(model, &grey, class),
            Request::SelfTest { cases } => self.self_test(&cases),
        };
        reply.unwrap_or_else(failure)
    }

    fn load(&mut self, model: ModelId, weights: &[u8]) -> Result<Reply, String> {
        let artifact = Artifact::from_bytes(weights).map_err(|e| unfit(model, &e.to_string()))?;
        let mut plan = Plan::new(model, &artifact).map_err(|e| unfit(model, &e.to_string()))?;
        for _ in 0..WARM_UPS {
            plan.logits(&Grey28::new([0; PIXELS]));
        }
        self.plans.retain(|(known, _)| *known != model);
        self.plans.push((model, plan));
        Ok(Reply::Loaded {
            model,
            parameters: artifact.parameter_count() as u32,
        })
    }

    fn plan(&mut self, model: ModelId) -> Result<&mut Plan, String> {
        self.plans
            .iter_mut()
            .find(|(known, _)| *known == model)
            .map(|(_, plan)| plan)
            .ok_or_else(|| unloaded(model))
    }

    fn classify(&mut self, model: ModelId, grey: &Pixels) -> Result<Verdict, String> {
        let clock = self.clock;
        let grey = picture(grey)?;
        let plan = self.plan(model)?;
        let start = clock();
        let logits = plan.logits(&grey);
        let millis = clock() - start;
        Ok(Verdict {
            model,
            probabilities: softmax(&logits),
            logits,
            micros: (millis * 1000.0).round() as u32,
        })
    }

    fn explain(&mut self, model: ModelId, grey: &Pixels, class: Garment) -> Result<Reply, String> {
        let grey = picture(grey)?;
        let plan = self.plan(model)?;
        plan.logits(&grey);
        let map = plan.explain(class);
        Ok(Reply::Map(Map {
            model,
            class,
            side: map.rows as u32,
            values: map.values,
        }))
    }

    fn self_test(&mut self, cases: &[Case]) -> Result<Reply, String> {
        let mut agreement = Agreement::default();
        for case in cases {
            let verdict = self.classify(case.model, &case.grey)?;
            agreement.add(case, &verdict);
        }
        agreement.reply()
    }
}

fn prepared(file: &[u8]) -> Result<Reply, String> {
    let photo = decode(file).map_err(|e| e.to_string())?;
    let prepared = prepare(&photo).map_err(|e| e.to_string())?;
    Ok(Reply::Prepared(Prepared {
        grey: Pixels::from(&prepared.grey),
        frame: prepared.frame,
        width: photo.width,
        height: photo.height,
        thumbnail: thumbnail(photo),
    }))
}

/// Cuts the sprite, which is grey on black, into its 28x28 pictures, row by row.
fn gallery(sprite: &[u8]) -> Result<Reply, String> {
    let sprite = decode(sprite).map_err(|e| format!("The gallery cannot be shown. {e}"))?;
    let (columns, rows) = (sprite.width as usize / SIDE, sprite.height as usize / SIDE);
    let stride = sprite.width as usize * 4;
    let pictures = (0..rows * columns)
        .map(|i| {
            let corner = i / columns * SIDE * stride + i % columns * SIDE * 4;
            let pixels =
                core::array::from_fn(|p| sprite.rgba[corner + p / SIDE * stride + p % SIDE * 4]);
            Pixels::from(&Grey28::new(pixels))
        })
        .collect();
    Ok(Reply::Gallery { pictures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::Source;
    use shared::artifact::{Storage, Tensor};
    use shared::model::layer::parameters;

    /// Weights of the right shapes, small and of both signs; a variance must not be negative.
    fn weights(model: ModelId) -> Vec<u8> {
        let tensors = parameters(model.layers())
            .into_iter()
            .enumerate()
            .map(|(t, p)| Tensor {
                values: (0..p.shape.iter().product::<usize>())
                    .map(|i| match p.name.ends_with("variance") {
                        true => 1.0,
                        false => ((i * 37 + t * 11) % 23) as f32 / 115.0 - 0.09,
                    })
                    .collect(),
                name: p.name,
                shape: p.shape,
                storage: Storage::F32,
            })
            .collect();
        let model = model.name().into();
        Artifact { model, tensors }.to_bytes().unwrap()
    }

    fn load(cpu: &mut Cpu, model: ModelId, weights: Vec<u8>) -> Reply {
        let weights = Source::Bytes(weights);
        cpu.reply(Request::Load { model, weights })
    }

    fn engine() -> Cpu {
        let mut cpu = Cpu::new(|| 0.0);
        for model in ModelId::ALL {
            let reply = load(&mut cpu, model, weights(model));
            assert!(matches!(reply, Reply::Loaded { .. }), "{reply:?}");
        }
        cpu
    }

    fn sentence(reply: Reply) -> String {
        match reply {
            Reply::Error { sentence } => sentence,
            other => panic!("no error but {other:?}"),
        }
    }

    fn boot() -> Pixels {
        Pixels::from(&Grey28::new(core::array::from_fn(|i| (i * 5 % 256) as u8)))
    }

    #[test]
    fn an_answer_is_the_plan_s() {
        let mut cpu = engine();
        for model in ModelId::ALL {
            let artifact = Artifact::from_bytes(&weights(model)).unwrap();
            let expected = Plan::new(model, &artifact)
                .unwrap()
                .logits(&boot().grey().unwrap());
            let reply = cpu.reply(Request::Classify {
                model,
                grey: boot(),
            });
            let Reply::Verdict(verdict) = reply else {
                panic!("{reply:?}");
            };
            assert_eq!(verdict.logits, expected);
            assert!((verdict.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_self_test_finds_the_largest_difference() {
        let mut cpu = engine();
        let reply = cpu.reply(Request::Classify {
            model: ModelId::Cnn,
            grey: boot(),
        });
        let Reply::Verdict(verdict) = reply else {
            panic!("{reply:?}");
        };
        let mut probabilities = verdict.probabilities;
        probabilities[4] += 0.25;
        let case = Case {
            model: ModelId::Cnn,
            grey: boot(),
            probabilities,
        };
        let reply = cpu.reply(Request::SelfTest { cases: vec![case] });
        assert!(
            matches!(reply, Reply::SelfTest { largest_difference: d, .. } if (d - 0.25).abs() < 1e-6),
            "{reply:?}"
        );
    }

    #[test]
    fn a_map_is_as_large_as_the_last_feature_map() {
        let mut cpu = engine();
        for (model, expected) in [(ModelId::Cnn, 3), (ModelId::Resnet, 6)] {
            let reply = cpu.reply(Request::Explain {
                model,
                grey: boot(),
                class: Garment::Sneaker,
            });
            let Reply::Map(map) = reply else {
                panic!("{reply:?}");
            };
            assert_eq!(map.side, expected);
            assert_eq!(map.values.len() as u32, expected * expected);
            assert!(map.values.iter().all(|&v| v >= 0.0));
        }
    }

    #[test]
    fn bad_weights_are_refused_in_a_sentence_for_visitors() {
        let mut cpu = Cpu::new(|| 0.0);
        let good = weights(ModelId::Cnn);
        let mut altered = good.clone();
        altered[good.len() / 2] ^= 1;
        let truncated = good[..good.len() / 2].to_vec();
        for (bad, word) in [
            (altered, "checksum"),
            (truncated, "too early"),
            (weights(ModelId::Resnet), "resnet"),
            (b"<!doctype html>".to_vec(), "not one of"),
        ] {
            let sentence = sentence(load(&mut cpu, ModelId::Cnn, bad));
            assert!(sentence.contains(word), "{sentence}");
            assert!(sentence.contains("reload the page"), "{sentence}");
        }
        let reply = cpu.reply(Request::Classify {
            model: ModelId::Cnn,
            grey: boot(),
        });
        assert!(sentence(reply).contains("no weights"));
    }

    #[test]
    fn a_sprite_is_cut_row_by_row() {
        // An uncompressed 24-bit BMP of 56 x 28: the left picture is 10, the right one 200.
        let (width, height) = (2 * SIDE, SIDE);
        let mut bmp = Vec::new();
        let size = 54 + width * height * 3;
        bmp.extend(b"BM");
        for word in [size as u32, 0, 54, 40, width as u32, height as u32] {
            bmp.extend(word.to_le_bytes());
        }
        bmp.extend([1, 0, 24, 0]);
        bmp.extend([0; 24]);
        for i in 0..width * height {
            bmp.extend([if i % width < SIDE { 10 } else { 200 }; 3]);
        }
        let sprite = Source::Bytes(bmp);
        let Reply::Gallery { pictures } = Cpu::new(|| 0.0).reply(Request::Gallery { sprite })
        else {
            panic!("no gallery");
        };
        assert_eq!(pictures.len(), 2);
        for (picture, grey) in pictures.iter().zip([10, 200]) {
            assert_eq!(picture.grey().unwrap().pixels(), &[grey; PIXELS]);
        }
    }

    #[test]
    fn a_file_that_is_no_picture_is_a_sentence() {
        let file = b"hello".to_vec();
        let sentence = sentence(Cpu::new(|| 0.0).reply(Request::Prepare { file }));
        assert!(sentence.ends_with('.'), "{sentence}");
    }
}
