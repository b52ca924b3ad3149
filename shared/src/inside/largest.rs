//! The largest few of many.

use alloc::vec::Vec;

/// Takes up to `count` items out, the one with the largest key first, and in a tie the first one. Items without a key stay. The others keep
/// their order.
///
/// For a few of many this needs much less code than sorting.
pub fn take_largest<T>(
    items: &mut Vec<T>,
    count: usize,
    key: impl Fn(&T) -> Option<f32>,
) -> Vec<T> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let mut largest: Option<(usize, f32)> = None;
        for (i, item) in items.iter().enumerate() {
            if let Some(key) = key(item)
                && largest.is_none_or(|(_, found)| key > found)
            {
                largest = Some((i, key));
            }
        }
        let Some((i, _)) = largest else { break };
        taken.push(items.remove(i));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_largest_come_first_and_the_others_stay() {
        let mut items = vec![2.0, 5.0, -1.0, 5.5, 2.0, -7.0];
        let positive = |v: &f32| (*v > 0.0).then_some(*v);
        assert_eq!(take_largest(&mut items, 3, positive), [5.5, 5.0, 2.0]);
        assert_eq!(items, [-1.0, 2.0, -7.0]);
        assert_eq!(take_largest(&mut items, 3, positive), [2.0]);
        assert_eq!(items, [-1.0, -7.0]);
    }
}
