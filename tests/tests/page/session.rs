//! A browser session with its site, and what is checked in it.

use tests::browser::{Browser, Options};
use tests::outside::Outside;
use tests::page::Page;
use tests::reference::{Reference, weights, weights_bytes};
use tests::site::{SUB_PATH, Site};

use shared::artifact::Artifact;
use shared::model::{Ensemble, argmax, ensemble};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Prediction, Sample};

/// What a session's browser can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No WebGPU, as in most browsers that will ever see the page.
    Cpu,
    /// WebGPU on SwiftShader.
    WebGpu,
}

/// Something that must hold.
#[derive(Clone, Copy)]
pub struct Check {
    pub stage: Stage,
    pub name: &'static str,
    pub run: fn(&Session),
    /// Errors in the console that the check itself causes: lines with one of these texts.
    pub noise: &'static [&'static str],
}

impl Check {
    /// A check after which the console holds no error.
    pub const fn new(stage: Stage, name: &'static str, run: fn(&Session)) -> Self {
        Self {
            stage,
            name,
            run,
            noise: &[],
        }
    }
}

/// A running browser and all that it is compared with.
pub struct Session {
    stage: Stage,
    pub browser: Browser,
    pub site: Site,
    pub reference: Reference,
    /// What each model says of each of the reference's pictures, natively.
    verdicts: Vec<Vec<Prediction>>,
    vote: Ensemble,
    outside: Outside,
}

impl Session {
    /// The session of this stage: the current one, or a new one in its place.
    pub fn of_stage(current: &mut Option<Self>, stage: Stage) -> Result<&Self, String> {
        if current
            .as_ref()
            .is_some_and(|session| session.stage != stage)
        {
            *current = None;
        }
        let session = match current.take() {
            Some(session) => session,
            None => Self::start(stage)?,
        };
        Ok(current.insert(session))
    }

    fn start(stage: Stage) -> Result<Self, String> {
        let site = Site::start()?;
        let reference = Reference::read();
        let names = ModelId::ALL
            .map(ModelId::name)
            .into_iter()
            .chain([ensemble::NAME]);
        for name in names {
            if site.weights(name) != Some(weights_bytes(name)) {
                return Err(format!(
                    "the site was built with other weights than weights/{name}.hbd: run `cargo xtask test`, which builds it anew"
                ));
            }
        }
        let vote = Artifact::from_bytes(&weights_bytes(ensemble::NAME))
            .map_err(|e| e.to_string())
            .and_then(|artifact| Ensemble::from_artifact(&artifact).map_err(|e| e.to_string()))?;
        let verdicts = natively(&reference)?;
        let outside = Outside::start()?;
        let browser = Browser::start(&Options {
            webgpu: stage == Stage::WebGpu,
            proxy: &outside.address(),
            traced: false,
        })?;
        // What one check leaves behind would answer the next; offline.rs looks at it in browsers of its own.
        browser.on_new_pages(
            "if (navigator.serviceWorker) {
                 ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error('off'));
             }",
        );
        Ok(Self {
            stage,
            browser,
            site,
            reference,
            verdicts,
            vote,
            outside,
        })
    }

    /// Runs a check, and looks at the console when it is over.
    pub fn hold(&self, check: &Check) {
        self.site.mend();
        self.browser.console();
        (check.run)(self);
        for line in self.browser.console() {
            let expected = check.noise.iter().any(|noise| line.message.contains(noise));
            assert!(
                line.level != "SEVERE" || expected,
                "the console shows an error: {}",
                line.message
            );
        }
    }

    /// Opens the page and waits until all models have their weights.
    pub fn page(&self) -> Page<'_> {
        Page::open(&self.browser, &self.site)
    }

    /// The golden picture of a class that all models are surest of.
    pub fn clear(&self, class: Garment) -> Golden {
        let doubt = |i: &usize| {
            ModelId::ALL
                .iter()
                .map(|&m| 1.0 - self.verdicts[*i][m as usize].probabilities[class.index()])
                .fold(0.0, f32::max)
        };
        let index = (0..self.reference.labels.len())
            .filter(|&i| self.reference.labels[i] == class.index())
            .min_by(|a, b| doubt(a).total_cmp(&doubt(b)))
            .expect("the reference has pictures of each class");
        self.golden(index)
    }

    /// How many pictures the reference has.
    pub fn reference_pictures(&self) -> usize {
        self.verdicts.len()
    }

    /// One of the reference's pictures.
    pub fn golden(&self, index: usize) -> Golden {
        Golden {
            index,
            class: Garment::ALL[self.reference.labels[index]],
            picture: self.reference.pictures[index].clone(),
        }
    }

    /// What a model says natively of a golden picture: the likeliest class and its probability.
    pub fn expected(&self, model: ModelId, golden: &Golden) -> (Garment, f32) {
        let verdict = &self.verdicts[golden.index][model as usize];
        (verdict.garment(), verdict.confidence())
    }

    /// The vote of these models on a golden picture, natively.
    pub fn expected_vote(&self, golden: &Golden, voters: &[ModelId]) -> (Garment, f32) {
        let said: Vec<Prediction> = voters
            .iter()
            .map(|&model| self.verdicts[golden.index][model as usize])
            .collect();
        let probabilities = self.vote.combine(&said).expect("there are voters");
        let best = argmax(&probabilities);
        (Garment::ALL[best], probabilities[best])
    }

    /// The golden picture that the models are most at odds about.
    pub fn disputed(&self) -> Golden {
        let voices = |i: &usize| {
            let said = &self.verdicts[*i];
            let others = said.iter().filter(|v| v.garment() != said[0].garment());
            others.count().min(3)
        };
        let index = (0..self.verdicts.len()).max_by_key(voices);
        self.golden(index.expect("the reference has pictures"))
    }
}

/// What each model says of each of the reference's pictures.
fn natively(reference: &Reference) -> Result<Vec<Vec<Prediction>>, String> {
    let mut members = ModelId::ALL
        .into_iter()
        .map(|model| AnyClassifier::new(model, &weights(model)).map_err(|e| e.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    let answers = reference.pictures.iter().map(|picture| {
        let sample = Sample::new(picture.clone());
        let each = members.iter_mut();
        each.map(|m| m.classifier().classify(&sample)).collect()
    });
    Ok(answers.collect())
}

/// A picture of the reference.
pub struct Golden {
    /// Its place among the reference's pictures.
    pub index: usize,
    pub class: Garment,
    pub picture: Grey28,
}

/// The last check of a stage: whatever was done before, nothing was asked for elsewhere.
pub const fn at_home(stage: Stage) -> Check {
    Check::new(
        stage,
        "no_request_leaves_the_origin_or_the_sub_path",
        |session| {
            session.page();
            let asked = session.outside.asked();
            assert!(asked.is_empty(), "asked for beyond this machine: {asked:?}");
            let requests = session.site.requests();
            assert!(!requests.is_empty());
            for (path, status) in requests {
                assert!(path.starts_with(SUB_PATH), "{path} is not below {SUB_PATH}");
                assert_eq!(status, 200, "{path}");
            }
        },
    )
}
