//! Sizes of fabrics, told before anything is built.

use super::Fault;
use crate::fabric::MAX_ITEMS;

/// Checks that a fabric of so many nodes and cables (bundles count once) may be built.
///
/// # Errors
/// A fault that blames `param` where it would be more than [`MAX_ITEMS`] nodes or directed links.
pub(super) fn check_size(param: &'static str, nodes: u128, cables: u128) -> Result<(), Fault> {
    let links = cables.saturating_mul(2);
    for (count, what) in [(nodes, "nodes"), (links, "links")] {
        if count > MAX_ITEMS as u128 {
            return Err(Fault::new(
                param,
                format!("the fabric would have {count} {what}, the most is {MAX_ITEMS}"),
            ));
        }
    }
    Ok(())
}

/// The most things that a single count parameter may ask for.
pub(super) const MOST: u32 = MAX_ITEMS as u32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_the_limit_are_faults() {
        assert_eq!(check_size("endpoints", u128::from(MOST), 0), Ok(()));
        assert!(check_size("endpoints", u128::from(MOST) + 1, 0).is_err());
        let fault = check_size("sides", 1, u128::MAX).unwrap_err();
        assert_eq!(fault.param, "sides");
    }
}
