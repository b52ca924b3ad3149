//! The filter and the order of the rows of a batch's table.

use std::cmp::Ordering;

use shared::Garment;

use crate::state::batch::{BatchItem, ItemStatus};

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    File,
    Answer,
    Confidence,
    Known,
    TrueClass,
    /// Right or wrong.
    Result,
}

/// Which rows are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    #[default]
    All,
    /// None of the ten classes.
    NotKnown,
    Wrong,
    Right,
    /// With a true class that the visitor has corrected.
    Corrected,
    /// Without predictions.
    Failed,
    /// Answered by this class.
    Answered(Garment),
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub filter: Filter,
    /// Without a key, the rows have the order of the files.
    pub key: Option<SortKey>,
    pub is_descending: bool,
}

impl SortKey {
    pub const ALL: [Self; 6] = [
        Self::File,
        Self::Answer,
        Self::Confidence,
        Self::Known,
        Self::TrueClass,
        Self::Result,
    ];

    /// The name in `data-*` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Answer => "answer",
            Self::Confidence => "confidence",
            Self::Known => "known",
            Self::TrueClass => "true-class",
            Self::Result => "result",
        }
    }

    /// The key with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    fn compare(self, a: &BatchItem, b: &BatchItem) -> Ordering {
        match self {
            Self::File => natural(a.name.text(), b.name.text()),
            Self::Answer => {
                let label =
                    |item: &BatchItem| item.status.predictions()?.answer().map(|a| a.class.label());
                label(a).cmp(&label(b))
            }
            Self::Confidence => {
                let confidence =
                    |item: &BatchItem| item.status.predictions()?.answer().map(|a| a.confidence);
                let (a, b) = (confidence(a).unwrap_or(-1.0), confidence(b).unwrap_or(-1.0));
                a.total_cmp(&b)
            }
            Self::Known => {
                let known = |item: &BatchItem| item.status.predictions()?.known();
                known(a).cmp(&known(b))
            }
            Self::TrueClass => {
                let label = |item: &BatchItem| item.true_class().map(Garment::label);
                label(a).cmp(&label(b))
            }
            Self::Result => a.is_right().cmp(&b.is_right()),
        }
    }

    /// Whether an item has nothing that it could be sorted by.
    fn is_missing(self, item: &BatchItem) -> bool {
        let predictions = item.status.predictions();
        match self {
            Self::File => false,
            Self::Answer | Self::Confidence => predictions.is_none_or(|p| p.answer().is_none()),
            Self::Known => predictions.is_none_or(|p| p.known().is_none()),
            Self::TrueClass => item.true_class().is_none(),
            Self::Result => item.is_right().is_none(),
        }
    }
}

impl Filter {
    /// All of them, with their names on the page.
    pub fn all() -> impl Iterator<Item = (Self, String)> {
        let first = [
            (Self::All, "All files"),
            (Self::NotKnown, "Not known"),
            (Self::Wrong, "Wrong"),
            (Self::Right, "Right"),
            (Self::Corrected, "Corrected"),
            (Self::Failed, "Not readable"),
        ];
        let first = first.map(|(filter, title)| (filter, title.to_owned()));
        let classes = Garment::ALL.map(|g| (Self::Answered(g), format!("Answer: {g}")));
        first.into_iter().chain(classes)
    }

    /// The value in the list of filters.
    pub fn name(self) -> String {
        match self {
            Self::All => "all".into(),
            Self::NotKnown => "not-known".into(),
            Self::Wrong => "wrong".into(),
            Self::Right => "right".into(),
            Self::Corrected => "corrected".into(),
            Self::Failed => "failed".into(),
            Self::Answered(garment) => format!("class-{}", garment.index()),
        }
    }

    /// The filter with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::all().map(|(filter, _)| filter);
        all.find(|filter| filter.name() == name)
    }

    fn shows(self, item: &BatchItem) -> bool {
        let predictions = item.status.predictions();
        match self {
            Self::All => true,
            Self::NotKnown => predictions.is_some_and(|p| p.known() == Some(false)),
            Self::Wrong => item.is_right() == Some(false),
            Self::Right => item.is_right() == Some(true),
            Self::Corrected => item.correction.is_some(),
            Self::Failed => matches!(item.status, ItemStatus::Failed(_)),
            Self::Answered(garment) => {
                let answer = predictions.and_then(|p| p.answer());
                answer.is_some_and(|answer| answer.class.garment() == Some(garment))
            }
        }
    }
}

impl Order {
    /// The order after a click on a column's button: ascending, then descending, then that of the files.
    pub fn toggled(self, key: SortKey) -> Self {
        let (key, is_descending) = match self.key {
            Some(current) if current == key && self.is_descending => (None, false),
            Some(current) if current == key => (Some(key), true),
            _ => (Some(key), false),
        };
        Self {
            key,
            is_descending,
            ..self
        }
    }

    /// The value of `aria-sort` of a column.
    pub fn direction(self, key: SortKey) -> &'static str {
        match self.key {
            Some(current) if current == key && self.is_descending => "descending",
            Some(current) if current == key => "ascending",
            _ => "none",
        }
    }

    /// The places of the items that are shown. Items without a value come last in both directions.
    pub fn places(self, items: &[BatchItem]) -> Vec<usize> {
        let shown = items.iter().enumerate();
        let shown = shown.filter(|(_, item)| self.filter.shows(item));
        let mut places: Vec<usize> = shown.map(|(place, _)| place).collect();
        if let Some(key) = self.key {
            places.sort_by(|a, b| {
                let (a, b) = (&items[*a], &items[*b]);
                let order = key.compare(a, b);
                let order = if self.is_descending {
                    order.reverse()
                } else {
                    order
                };
                key.is_missing(a).cmp(&key.is_missing(b)).then(order)
            });
        }
        places
    }
}

/// Compares names as people do: without case, and numbers by their value.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    while let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) {
        let order = if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (digits_a, digits_b) = (digits(rest_a), digits(rest_b));
            rest_a = &rest_a[digits_a.len()..];
            rest_b = &rest_b[digits_b.len()..];
            let (a, b) = (
                digits_a.trim_start_matches('0'),
                digits_b.trim_start_matches('0'),
            );
            a.len().cmp(&b.len()).then(a.cmp(b))
        } else {
            rest_a = &rest_a[first_a.len_utf8()..];
            rest_b = &rest_b[first_b.len_utf8()..];
            first_a.to_lowercase().cmp(first_b.to_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    rest_a.len().cmp(&rest_b.len()).then(a.cmp(b))
}

/// The digits at the beginning of a text.
fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::batch::evaluation::tests::item;

    fn places(items: &[BatchItem], key: Option<SortKey>, is_descending: bool) -> Vec<usize> {
        let filter = Filter::All;
        let order = Order {
            filter,
            key,
            is_descending,
        };
        order.places(items)
    }

    fn items() -> Vec<BatchItem> {
        vec![
            item("b10.png", Some((Garment::Coat, 0.9)), Some(Garment::Coat)),
            item("B2.png", Some((Garment::Bag, 0.7)), Some(Garment::Coat)),
            item("a.png", None, Some(Garment::Coat)),
            item("c.png", Some((Garment::Bag, 0.8)), None),
        ]
    }

    #[test]
    fn rows_are_sorted_in_both_directions_and_missing_values_are_last() {
        let items = items();
        for (key, ascending, descending) in [
            (None, [0, 1, 2, 3], [0, 1, 2, 3]),
            (Some(SortKey::File), [2, 1, 0, 3], [3, 0, 1, 2]),
            (Some(SortKey::Answer), [1, 3, 0, 2], [0, 1, 3, 2]),
            (Some(SortKey::Confidence), [1, 3, 0, 2], [0, 3, 1, 2]),
            (Some(SortKey::Result), [1, 0, 2, 3], [0, 1, 2, 3]),
        ] {
            assert_eq!(places(&items, key, false), ascending, "{key:?}");
            assert_eq!(places(&items, key, true), descending, "{key:?}");
        }
    }

    #[test]
    fn filters_show_their_rows_and_have_names() {
        let mut items = items();
        items[3].correction = Some(Garment::Bag);
        items[2].status = ItemStatus::Failed("Why.".into());
        for (filter, expected) in [
            (Filter::All, vec![0, 1, 2, 3]),
            (Filter::Wrong, vec![1]),
            (Filter::Right, vec![0, 3]),
            (Filter::Corrected, vec![3]),
            (Filter::Failed, vec![2]),
            (Filter::NotKnown, vec![]),
            (Filter::Answered(Garment::Bag), vec![1, 3]),
        ] {
            let order = Order {
                filter,
                ..Order::default()
            };
            assert_eq!(order.places(&items), expected, "{filter:?}");
            assert_eq!(Filter::from_name(&filter.name()), Some(filter));
        }
        assert_eq!(Filter::from_name("class-10"), None);
    }

    #[test]
    fn three_clicks_lead_back_to_the_order_of_the_files() {
        let mut order = Order::default();
        for direction in ["ascending", "descending", "none"] {
            order = order.toggled(SortKey::Known);
            assert_eq!(order.direction(SortKey::Known), direction);
            assert_eq!(order.direction(SortKey::File), "none");
        }
        assert_eq!(order, Order::default());
    }

    #[test]
    fn numbers_in_names_are_compared_by_value() {
        let mut names = ["x10", "x9", "X2", "x02", "y", "x", "é"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["x", "X2", "x02", "x9", "x10", "y", "é"]);
    }
}
