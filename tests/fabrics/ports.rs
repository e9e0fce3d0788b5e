//! Switches and their ports under any parameters.

use proptest::prelude::*;
use railspine::fabric::template::{FAMILIES, Param, ParamKind, Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass, NodeKind};
use railspine::route::metrics::report;

use crate::{GBPS, count, try_build};

/// Ports in use on each node of a kind, lanes counted, towards nodes of another kind.
fn ports(fabric: &Fabric, kind: NodeKind, towards: impl Fn(NodeKind) -> bool) -> Vec<u64> {
    let of_kind = (0u32..).zip(fabric.nodes()).filter(|(_, node)| node.kind == kind);
    let links = of_kind.map(|(i, _)| fabric.out_links(railspine::ids::NodeId(i)));
    links
        .map(|links| {
            let links = links.iter().map(|link| fabric.link(*link));
            links.filter(|link| towards(fabric.node(link.to).kind)).map(|link| u64::from(link.lanes)).sum()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the parameters, a switch never uses more ports than it has, leaves reach spines evenly, and a
    /// fabric that cannot be is a fault of one of its parameters.
    #[test]
    fn switches_never_have_too_many_cables(
        which in 0usize..5,
        size in 1u32..200,
        radix in 2u32..40,
        leaf_down in prop::option::of(1u32..20),
        leaf_up in prop::option::of(1u32..20),
        spine_radix in prop::option::of(2u32..40),
        spine_down in prop::option::of(1u32..20),
        core_radix in prop::option::of(2u32..40),
        tiers in prop::option::of(1u32..=3),
        pod_servers in prop::option::of(1u32..16),
        by_rail in any::<bool>(),
    ) {
        let name = ["fat-tree", "rail-optimised", "rail-only", "server-tree", "multi-plane"][which];
        let mut given = vec![(if which == 0 { "endpoints" } else { "servers" }, count(size)), ("radix", count(radix))];
        let options = [
            ("leaf_down", leaf_down),
            ("leaf_up", leaf_up),
            ("spine_radix", spine_radix),
            ("spine_down", spine_down),
            ("core_radix", core_radix),
            ("tiers", tiers),
            ("pod_servers", pod_servers.filter(|_| which > 0)),
        ];
        given.extend(options.into_iter().filter_map(|(name, value)| Some((name, count(value?)))));
        if which > 0 {
            given.push(("gpus_per_server", count(4)));
            given.push(("nics_per_server", count(2)));
        }
        if which == 1 || which == 4 {
            given.push(("spine_groups", Value::Word(if by_rail { "rail" } else { "pods" }.into())));
        }
        match try_build(name, given) {
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!(family(name).unwrap().params.iter().any(|p| p.name == fault.param), "{fault:?}");
                }
            }
            Ok(fabric) => {
                let spine = spine_radix.unwrap_or(radix);
                for (kind, most) in [
                    (NodeKind::Leaf, radix),
                    (NodeKind::Spine, spine),
                    (NodeKind::Core, core_radix.unwrap_or(radix)),
                ] {
                    for used in ports(&fabric, kind, |_| true) {
                        prop_assert!(used > 0 && used <= u64::from(most), "{kind} of {most} ports uses {used}");
                    }
                }
                let mut up = ports(&fabric, NodeKind::Leaf, |kind| kind == NodeKind::Spine);
                up.dedup();
                prop_assert_eq!(up.len(), 1, "leaves have unequal uplinks");
                let report = report(&fabric);
                prop_assert_eq!(report.hops.unreachable_pairs, 0);
                let half = u64::from(report.gpus / 2);
                let most = if which == 0 { half } else { half.div_ceil(2) + 1 } * 400;
                // GPUs of one server may lie in both halves, and NVLink joins them
                let nvlink = if which == 0 { 0 } else { 4 * 3_600 };
                prop_assert!(report.bisection.bits_per_sec.unwrap_or(0) <= (most + nvlink) * GBPS);
                if report.gpus > 1 {
                    prop_assert!(report.bisection.bits_per_sec > Some(0));
                }
            }
        }
    }
}

/// A value that a parameter may hold, from two random numbers; small and huge ones are alike likely.
fn any_value(param: &Param, (shape, number): (u32, u32)) -> Option<Value> {
    let scaled = |min: u32, max: u32| min.saturating_add(number >> (shape % 32)).min(max);
    if param.default.is_some() && shape % 3 != 0 {
        return None;
    }
    Some(match param.kind {
        ParamKind::Count { min, max } => Value::Count(scaled(min, max)),
        ParamKind::Sides => Value::Sides(vec![scaled(0, u32::MAX); number as usize % 6]),
        ParamKind::Bandwidth => {
            Value::Bandwidth(railspine::units::Bandwidth(u64::from(scaled(0, u32::MAX)) << 30))
        }
        ParamKind::Time => Value::Time(railspine::units::Time(number.into())),
        ParamKind::Length => Value::Length(railspine::units::Length(number.into())),
        ParamKind::Class => Value::Word(if number % 16 == 0 { "copper" } else { "roce" }.into()),
        ParamKind::Choice(words) => Value::Word(words[number as usize % words.len()].into()),
        ParamKind::Flag => Value::Flag(number % 2 == 0),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever the parameters, a family either builds within the builder's limit or blames its own parameters.
    #[test]
    fn no_parameters_make_a_family_panic_or_build_too_much(
        which in 0..FAMILIES.len(),
        numbers in prop::collection::vec((any::<u32>(), any::<u32>()), 40),
    ) {
        let family = FAMILIES[which];
        let given = family.params.iter().zip(numbers);
        let given = given.filter_map(|(param, numbers)| Some((param.name, any_value(param, numbers)?))).collect();
        let values = Values::new(family.params, given).unwrap();
        let mut builder = Builder::new(family.name, LinkClass::builtin());
        builder.set_most_items(4_000);
        match (family.build)(&values, &mut builder) {
            Ok(()) => {
                prop_assert!(builder.nodes().count() <= 4_000 && builder.cable_count() <= 4_000);
                match builder.finish() {
                    Ok(_) => {}
                    Err(faults) => prop_assert!(false, "{}: {faults:?}", family.name),
                }
            }
            Err(faults) => {
                prop_assert!(!faults.is_empty() && builder.nodes().count() == 0);
                for fault in faults {
                    prop_assert!(family.params.iter().any(|p| p.name == fault.param), "{fault:?}");
                }
            }
        }
    }
}
