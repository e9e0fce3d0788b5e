//! Sizes of fabrics, told before anything is built.

use super::Fault;
use crate::fabric::{Builder, MAX_ITEMS};

/// Checks that a fabric of so many nodes and cables (bundles count once) may be built, and makes room for it.
///
/// # Errors
/// A fault that blames `param` where it would be more nodes or cables than the builder takes.
pub(super) fn check_size(
    builder: &mut Builder,
    param: &'static str,
    nodes: u128,
    cables: u128,
) -> Result<(), Fault> {
    let most = builder.most_items();
    for (count, what) in [(nodes, "nodes"), (cables, "cables")] {
        if count > most as u128 {
            let message = format!("the fabric would have {count} {what}, the most is {most}");
            return Err(Fault::new(param, message));
        }
    }
    builder.reserve(nodes as usize, cables as usize);
    Ok(())
}

/// The most things that a single count parameter may ask for.
pub(super) const MOST: u32 = MAX_ITEMS as u32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_the_limit_are_faults() {
        let mut builder = Builder::new("limits", Vec::new());
        assert_eq!(check_size(&mut builder, "endpoints", u128::from(MOST), 0), Ok(()));
        assert!(check_size(&mut builder, "endpoints", u128::from(MOST) + 1, 0).is_err());
        let fault = check_size(&mut builder, "sides", 1, u128::MAX).unwrap_err();
        assert_eq!(fault.param, "sides");
        builder.set_most_items(10);
        assert_eq!(check_size(&mut builder, "endpoints", 10, 10), Ok(()));
        assert!(check_size(&mut builder, "endpoints", 10, 11).is_err());
    }
}
