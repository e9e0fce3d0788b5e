//! Labels that want to be at certain heights, moved apart as little as it takes.

/// Places for labels that want to be at `wanted`, in the same order: at least `gap` apart (less if they do not fit
/// otherwise), within `top..=bottom`, and as near to where they want to be as that allows, in the least squares
/// sense. Of equal wishes the earlier is placed above.
///
/// Less `gap` times its rank, each place must not be less than the one before: an isotonic regression, solved by
/// pooling adjacent violators.
pub(super) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    let spaces = as_float(wanted.len().saturating_sub(1)).max(1.0);
    let gap = gap.min((bottom - top).max(0.0) / spaces);
    // Pools of labels that stand gap on gap: the sum of what they want, and how many they are.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (rank, &label) in order.iter().enumerate() {
        let mut pool = (wanted[label] - gap * as_float(rank), 1);
        while let Some(&(sum, members)) = pools.last() {
            if sum / as_float(members) <= pool.0 / as_float(pool.1) {
                break;
            }
            pools.pop();
            pool = (sum + pool.0, members + pool.1);
        }
        pools.push(pool);
    }
    let last = bottom - gap * as_float(wanted.len().saturating_sub(1));
    let settled = pools
        .into_iter()
        .flat_map(|(sum, members)| std::iter::repeat_n(sum / as_float(members), members))
        .map(|place| place.min(last).max(top));
    let mut places = vec![0.0; wanted.len()];
    for (rank, (place, label)) in settled.zip(order).enumerate() {
        places[label] = place + gap * as_float(rank);
    }
    places
}

#[expect(clippy::cast_precision_loss, reason = "a count of labels")]
fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_apart_stay_where_they_are() {
        assert_eq!(spread(&[90.0, 10.0, 50.0], 16.0, 0.0, 100.0), [90.0, 10.0, 50.0]);
    }

    #[test]
    fn labels_that_touch_share_the_move() {
        assert_eq!(spread(&[50.0, 50.0], 16.0, 0.0, 100.0), [42.0, 58.0]);
        assert_eq!(spread(&[50.0, 54.0, 80.0], 16.0, 0.0, 100.0), [44.0, 60.0, 80.0]);
    }

    #[test]
    fn labels_stay_inside() {
        assert_eq!(spread(&[0.0, 1.0], 16.0, 0.0, 100.0), [0.0, 16.0]);
        assert_eq!(spread(&[99.0, 100.0], 16.0, 0.0, 100.0), [84.0, 100.0]);
        assert_eq!(spread(&[5.0; 5], 16.0, 0.0, 40.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert!(spread(&[], 16.0, 0.0, 40.0).is_empty());
        assert_eq!(spread(&[-7.0], 16.0, 0.0, 40.0), [0.0]);
    }
}
