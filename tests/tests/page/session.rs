//! A browser session with its site, and what is checked in it.

use tests::browser::{Browser, Options};
use tests::outside::Outside;
use tests::page::Page;
use tests::reference::Reference;
use tests::site::{SUB_PATH, Site};

use shared::model::{argmax, softmax};
use shared::{Garment, Grey28, ModelId};

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
        for model in ModelId::ALL {
            if !site
                .weights(model)
                .is_some_and(|weights| reference.answers(model).are_of(&weights))
            {
                return Err(format!(
                    "the site was built with other weights of {model} than weights/{model}.hbd: run `cargo xtask test`, which builds it anew"
                ));
            }
        }
        let outside = Outside::start()?;
        let browser = Browser::start(&Options {
            webgpu: stage == Stage::WebGpu,
            proxy: &outside.address(),
        })?;
        Ok(Self {
            stage,
            browser,
            site,
            reference,
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

    /// Opens the page and waits until both models have their weights.
    pub fn page(&self) -> Page<'_> {
        Page::open(&self.browser, &self.site)
    }

    /// The golden picture of a class that both models are surest of.
    pub fn clear(&self, class: Garment) -> Golden {
        let doubt = |i: &usize| {
            ModelId::ALL
                .iter()
                .map(|&m| 1.0 - softmax(&self.reference.answers(m).logits[*i])[class.index()])
                .fold(0.0, f32::max)
        };
        let index = (0..self.reference.labels.len())
            .filter(|&i| self.reference.labels[i] == class.index())
            .min_by(|a, b| doubt(a).total_cmp(&doubt(b)))
            .expect("the reference has pictures of each class");
        self.golden(index)
    }

    /// One of the reference's pictures.
    pub fn golden(&self, index: usize) -> Golden {
        Golden {
            index,
            class: Garment::ALL[self.reference.labels[index]],
            picture: self.reference.pictures[index].clone(),
        }
    }

    /// What the reference answers to a golden picture: the likeliest class and its probability.
    pub fn expected(&self, model: ModelId, golden: &Golden) -> (Garment, f32) {
        let probabilities = softmax(&self.reference.answers(model).logits[golden.index]);
        let best = argmax(&probabilities);
        (Garment::ALL[best], probabilities[best])
    }
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
