//! A vote in words: who agrees, who says what else, and who is still to be heard.

use shared::{Garment, ModelId};

/// A model's name within a sentence.
pub fn name(model: ModelId) -> &'static str {
    match model {
        ModelId::Cnn => "the CNN",
        ModelId::Resnet => "the ResNet",
        ModelId::Mlp => "the MLP",
        ModelId::Svm => "the SVM",
        ModelId::Forest => "the random forest",
        ModelId::Knn => "k-nearest neighbours",
        ModelId::Logistic => "logistic regression",
    }
}

/// A small number as a word.
fn word(number: usize) -> String {
    const WORDS: [&str; 8] = [
        "none", "one", "two", "three", "four", "five", "six", "seven",
    ];
    WORDS
        .get(number)
        .map_or_else(|| number.to_string(), |word| (*word).to_string())
}

/// The vote beside the picture: how many say what it says.
pub fn headline(vote: Garment, said: &[(ModelId, Garment)], to_come: usize) -> String {
    let agree = said.iter().filter(|(_, g)| *g == vote).count();
    let heard = said.len();
    match (agree == heard, to_come > 0) {
        (true, false) if heard == 1 => format!("The only one to answer says {vote}."),
        (true, false) => format!("All {} say {vote}.", word(heard)),
        (true, true) => format!("So far, all say {vote}."),
        (false, _) => {
            let so_far = if to_come > 0 { "so far" } else { "" };
            let verdict = if 2 * agree > heard {
                format!("{} of {} say {vote}", word(agree), word(heard))
            } else {
                format!(
                    "the vote goes to {vote}, with {} of {}",
                    word(agree),
                    word(heard)
                )
            };
            let sentence = match so_far {
                "" => verdict,
                _ => format!("so far, {verdict}"),
            };
            format!("{}.", capital(&sentence))
        }
    }
}

/// Who agrees with the vote and who does not; `to_come` models are still to be heard.
pub fn sentence(vote: Garment, said: &[(ModelId, Garment)], to_come: usize) -> String {
    let agree = said.iter().filter(|(_, g)| *g == vote).count();
    let heard = said.len();
    let dissent = dissent(vote, said);
    let so_far = match to_come {
        0 => String::new(),
        _ => format!("{heard} of {} so far: ", heard + to_come),
    };
    match (dissent.is_empty(), to_come) {
        (true, 0) => format!("All {heard} agree."),
        (true, _) => format!("{so_far}all agree."),
        (false, 0) => format!("{agree} of {heard} agree; {dissent}."),
        (false, _) => format!("{so_far}{agree} agree; {dissent}."),
    }
}

/// What the others say, those who say the same together.
fn dissent(vote: Garment, said: &[(ModelId, Garment)]) -> String {
    let parts: Vec<String> = Garment::ALL
        .into_iter()
        .filter(|g| *g != vote)
        .filter_map(|garment| {
            let names: Vec<&str> = said
                .iter()
                .filter(|(_, g)| *g == garment)
                .map(|(model, _)| name(*model))
                .collect();
            let (last, others) = names.split_last()?;
            Some(match others {
                [] => format!("{last} says {garment}"),
                _ => format!("{} and {last} say {garment}", others.join(", ")),
            })
        })
        .collect();
    parts.join("; ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment::{Bag, Coat, Shirt};

    fn all_say(garment: Garment) -> Vec<(ModelId, Garment)> {
        ModelId::ALL.map(|model| (model, garment)).to_vec()
    }

    #[test]
    fn seven_of_one_mind() {
        let said = all_say(Bag);
        assert_eq!(sentence(Bag, &said, 0), "All 7 agree.");
        assert_eq!(headline(Bag, &said, 0), "All seven say Bag.");
    }

    #[test]
    fn who_disagrees_is_named_with_what_they_say() {
        let mut said = all_say(Coat);
        said[2].1 = Shirt;
        assert_eq!(
            sentence(Coat, &said, 0),
            "6 of 7 agree; the MLP says Shirt."
        );
        assert_eq!(headline(Coat, &said, 0), "Six of seven say Coat.");
        said[4].1 = Bag;
        said[5].1 = Shirt;
        said[6].1 = Shirt;
        assert_eq!(
            sentence(Coat, &said, 0),
            "3 of 7 agree; the MLP, k-nearest neighbours and logistic regression say Shirt; the random forest says Bag."
        );
        assert_eq!(
            headline(Coat, &said, 0),
            "The vote goes to Coat, with three of seven."
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut said = all_say(Coat);
        said.truncate(4);
        assert_eq!(sentence(Coat, &said, 3), "4 of 7 so far: all agree.");
        assert_eq!(headline(Coat, &said, 3), "So far, all say Coat.");
        said[1].1 = Bag;
        assert_eq!(
            sentence(Coat, &said, 3),
            "4 of 7 so far: 3 agree; the ResNet says Bag."
        );
        assert_eq!(headline(Coat, &said, 3), "So far, three of four say Coat.");
    }

    #[test]
    fn one_is_enough_for_a_sentence() {
        let said = [(ModelId::Svm, Bag)];
        assert_eq!(headline(Bag, &said, 0), "The only one to answer says Bag.");
        assert_eq!(sentence(Bag, &said, 6), "1 of 7 so far: all agree.");
    }
}
