//! The page "How it works": a static page whose numbers are filled in from the manifest and the metrics in weights/.
//!
//! In the template, `{{percent /models/cnn/test/accuracy}}` is a number: its format, and a JSON pointer into [`Figures`]. The other
//! placeholders are named in [`fill`].

use super::assets::{Assets, hashed_name};
use super::{later_styles, page};
use anyhow::{Context, Result, bail};
use fashion_mnist::{CLASSES, SIDE, TEST_IMAGES, TRAIN_IMAGES};
use plot::format::{bytes, duration, percent, thousands};
use serde_json::{Value, json};
use std::{collections::BTreeSet, env, fmt::Write, fs, path::Path};

/// The page's address, which has no hash: other sites may link to it.
const NAME: &str = "how-it-works.html";
/// Its style sheet, besides those of index.html.
const STYLE: &str = "how-it-works.css";
/// How many of the ensemble's most frequent confusions are listed.
const CONFUSIONS: usize = 5;

/// Writes the page. `index` is the built index.html, whose policy and style sheets it uses.
pub fn add(assets: &Assets, root: &Path, index: &str) -> Result<()> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path))
            .with_context(|| format!("{path} is missing: restore it from git"))
    };
    let style = read(&format!("web/style/{STYLE}"))?;
    let style_url = hashed_name(STYLE, style.as_bytes());
    assets.write_unlisted(style.as_bytes(), &style_url)?;
    let links = page::links(index, "icon");
    let links = links.into_iter().chain(page::links(index, "stylesheet"));
    let mut head: Vec<String> = links.map(str::to_owned).collect();
    let later = assets.url(later_styles::NAME);
    let styles = later.into_iter().chain([&*style_url]);
    head.extend(styles.map(|url| format!("<link rel=\"stylesheet\" href=\"./{url}\">")));
    let policy = page::meta_content(index, "Content-Security-Policy")
        .context("index.html has no content security policy: add it to the head")?;
    let text = fill(
        &read(&format!("web/{NAME}"))?,
        &Figures::read(root)?,
        &[
            ("policy", policy),
            ("links", &head.join("\n  ")),
            ("footer", &footer(&read("web/src/ui/footer.html")?)),
        ],
    )?;
    assets.write_unlisted(text.as_bytes(), NAME)
}

/// The footer of both pages, as web/src/ui/header.rs fills it in.
fn footer(template: &str) -> String {
    let source = match (env!("CARGO_PKG_REPOSITORY"), repository_on_github()) {
        ("", None) => String::new(),
        ("", Some(address)) => source_link(&address),
        (address, _) => source_link(address),
    };
    let template = template.replace("{{licence}}", env!("CARGO_PKG_LICENSE"));
    template.replace("{{source}}", &source)
}

/// Where GitHub's runners build the site, the repository's address.
fn repository_on_github() -> Option<String> {
    let name = env::var("GITHUB_REPOSITORY")
        .ok()
        .filter(|name| !name.is_empty())?;
    Some(format!("https://github.com/{name}"))
}

fn source_link(address: &str) -> String {
    let address = page::escape(address);
    format!("<a href=\"{address}\" rel=\"noopener\">Source code</a>. ")
}

/// The manifest, with the models by name, and beside it the metrics (`photos`, by name of the classifier, and the ensemble's) and the
/// sizes of the data set.
struct Figures(Value);

impl Figures {
    fn read(root: &Path) -> Result<Self> {
        let json = |name: &str| -> Result<Value> {
            let path = root.join("weights").join(name);
            let text = fs::read(&path)
                .with_context(|| format!("weights/{name} is missing: restore it from git"))?;
            serde_json::from_slice(&text)
                .with_context(|| format!("weights/{name} is not JSON: restore it from git"))
        };
        let mut figures = json("manifest.json")?;
        figures["models"] = by_name(&figures["models"]);
        let photos = json("metrics/photos.json")?;
        figures["photos"] = by_name(&photos["answers"]);
        let groups = photos["answers"][0]["groups"].as_object();
        figures["photo_groups"] = groups.map_or(0, serde_json::Map::len).into();
        figures["data_set"] = data_set();
        figures["ensemble_metrics"] = json("metrics/vote.json")?;
        Ok(Self(figures))
    }

    fn number(&self, pointer: &str) -> Result<f64> {
        let number = self.0.pointer(pointer).and_then(Value::as_f64);
        number.with_context(|| format!("weights/ has no number {pointer}, which the page has"))
    }

    /// A number as text.
    fn text(&self, format: &str, pointer: &str) -> Result<String> {
        let number = self.number(pointer)?;
        Ok(match format {
            "percent" => percent(number),
            "count" => thousands(number as u64),
            "bytes" => bytes(number),
            "duration" => duration(number),
            "decimals" => format!("{number:.2}"),
            "word" => word(number as usize)
                .with_context(|| format!("{number} of {pointer} is not written as a word"))?
                .into(),
            other => {
                bail!("`{other}` is no format of numbers: see xtask/src/bundle/how_it_works.rs")
            }
        })
    }

    /// The pairs of classes that the ensemble confuses most, as the items of a list.
    fn confusions(&self) -> Result<String> {
        let metrics = &self.0["ensemble_metrics"];
        let label = |class: usize| metrics["classes"][class]["label"].as_str().unwrap_or("?");
        let rows = metrics["confusion"].as_array();
        let rows = rows.context("weights/metrics/vote.json has no confusion matrix")?;
        let mut pairs = Vec::new();
        for (truth, row) in rows.iter().enumerate() {
            for (predicted, count) in row.as_array().into_iter().flatten().enumerate() {
                if truth != predicted {
                    pairs.push((count.as_u64().unwrap_or_default(), truth, predicted));
                }
            }
        }
        pairs.sort_unstable_by_key(|(count, truth, predicted)| {
            (u64::MAX - count, *truth, *predicted)
        });
        let mut items = String::new();
        for (count, truth, predicted) in pairs.into_iter().take(CONFUSIONS) {
            let (truth, predicted) = (page::escape(label(truth)), page::escape(label(predicted)));
            // Writing to a string cannot fail.
            let _ = write!(
                items,
                "<li>{truth} classified as {predicted}: {count} images</li>"
            );
        }
        Ok(items)
    }
}

/// The sizes of Fashion-MNIST.
fn data_set() -> Value {
    let (training, test) = (TRAIN_IMAGES.count, TEST_IMAGES.count);
    json!({"side": SIDE, "classes": CLASSES, "training": training, "test": test, "images": training + test})
}

/// A small number in words.
fn word(number: usize) -> Option<&'static str> {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS.get(number).copied()
}

/// A list of objects as one object, by the name in their field `model`.
fn by_name(list: &Value) -> Value {
    let items = list.as_array().into_iter().flatten();
    let named = items.filter_map(|item| Some((item["model"].as_str()?.to_owned(), item.clone())));
    Value::Object(named.collect())
}

/// The template with all placeholders replaced.
fn fill(template: &str, figures: &Figures, parts: &[(&str, &str)]) -> Result<String> {
    let mut text = String::new();
    let mut rest = template;
    let mut unused: BTreeSet<&str> = parts.iter().map(|(name, _)| *name).collect();
    while let Some((before, after)) = rest.split_once("{{") {
        let (placeholder, after) = after
            .split_once("}}")
            .with_context(|| format!("web/{NAME} has `{{{{` without `}}}}`"))?;
        text += before;
        rest = after;
        let part = parts.iter().find(|(name, _)| *name == placeholder);
        match (part, placeholder.split_once(' ')) {
            (Some((name, part)), _) => {
                unused.remove(name);
                text += part;
            }
            (None, Some((format, pointer))) => {
                text += &page::escape(&figures.text(format, pointer)?)
            }
            (None, None) if placeholder == "confusions" => text += &figures.confusions()?,
            _ => bail!("web/{NAME} has the unknown placeholder `{placeholder}`"),
        }
    }
    if let Some(name) = unused.first() {
        bail!("web/{NAME} lacks the placeholder `{{{{{name}}}}}`");
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures(json!({
            "models": by_name(&json!([{"model": "cnn", "bytes": 248_882, "test": {"accuracy": 0.9388}}])),
            "ensemble_metrics": {
                "classes": [{"label": "Coat"}, {"label": "T-shirt <top>"}],
                "confusion": [[5, 3], [7, 2]],
            },
        }))
    }

    #[test]
    fn numbers_and_parts_are_filled_in() {
        let template = "<p>{{percent /models/cnn/test/accuracy}}, {{bytes /models/cnn/bytes}}</p>{{footer}}<ul>{{confusions}}</ul>";
        let text = fill(template, &figures(), &[("footer", "<hr>")]).unwrap();
        assert_eq!(
            text,
            "<p>93.88%, 249 KB</p><hr><ul><li>T-shirt &lt;top&gt; classified as Coat: 7 images</li>\
             <li>Coat classified as T-shirt &lt;top&gt;: 3 images</li></ul>"
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_an_error() {
        for (template, message) in [
            (
                "{{percent /models/mlp/test/accuracy}}",
                "no number /models/mlp",
            ),
            ("{{furlongs /models/cnn/bytes}}", "no format"),
            ("{{header}}", "unknown placeholder `header`"),
            ("{{percent", "without `}}`"),
        ] {
            let error = fill(template, &figures(), &[]).unwrap_err().to_string();
            assert!(error.contains(message), "{template}: {error}");
        }
        let error = fill("", &figures(), &[("links", "")]).unwrap_err();
        assert!(error.to_string().contains("{{links}}"), "{error}");
    }

    /// The text of the template outside of tags and placeholders.
    fn typed_text(template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(start) = rest.find(['<', '{']) {
            text += &rest[..start];
            let end = if rest[start..].starts_with('<') {
                ">"
            } else {
                "}}"
            };
            rest = rest[start..].split_once(end).unwrap().1;
        }
        text + rest
    }

    /// Every number of the template is in weights/, and none is typed in besides the example of calibration, and the bits of a weight,
    /// which a browser test compares with the weights files.
    #[test]
    fn the_template_fits_the_weights() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let template = fs::read_to_string(root.join("web").join(NAME)).unwrap();
        let body = template.split_once("<body>").unwrap().1;
        let is_digit = |c: char| c.is_ascii_digit();
        let typed = typed_text(body);
        let mut numbers: Vec<&str> = typed
            .split(|c: char| !c.is_alphanumeric() && c != '.' && c != ',')
            .map(|word| word.trim_end_matches(['.', ',']))
            .filter(|word| word.starts_with(is_digit))
            .collect();
        // The years of papers.
        numbers.retain(|number| number.len() != 4 || !number.chars().all(is_digit));
        assert_eq!(numbers, ["8", "0.8"]);
        let parts = [("policy", ""), ("links", ""), ("footer", "")];
        let text = fill(&template, &Figures::read(root).unwrap(), &parts).unwrap();
        assert!(text.contains('%') && !template.contains('%'));
    }
}
