//! What a stack sees of the fabric: servers, media, switches that reduce, rings over links that are there.

use super::*;

#[test]
fn rings_go_through_every_rank_once_and_run() {
    let boxes = "template = \"full-mesh-box\"\nname = \"box\"\n[params]\n";
    let fabrics = [
        (template(&format!("{boxes}servers = 1\n")), Some(6)),
        (template("template = \"hybrid-cube-mesh\"\nname = \"cube\"\n"), Some(6)),
        (template(&format!("{boxes}servers = 1\ngpus_per_server = 4\n")), Some(2)),
        (template(&format!("{boxes}servers = 1\ngpus_per_server = 5\n")), Some(4)),
        (template(&format!("{boxes}servers = 2\ngpus_per_server = 4\n")), Some(4)),
        (template(&format!("{boxes}servers = 3\ngpus_per_server = 4\n")), Some(4)),
        (template(&format!("{boxes}servers = 2\ngpus_per_server = 3\n")), Some(2)),
        (template(&format!("{boxes}servers = 1\ngpus_per_server = 2\n")), None),
        (server(8), None),
    ];
    for (fabric, count) in fabrics {
        let of = spec(&fabric, Op::AllReduce, Algorithm::Ring, &[1 << 20, 1_000_003]);
        let rings = of.rings(&fabric, &of.request(&fabric, Bytes(0)));
        assert_eq!(rings.as_ref().map(Vec::len), count, "{}", fabric.name());
        for ring in rings.into_iter().flatten() {
            let mut places = ring.to_vec();
            places.sort_unstable();
            assert!(places.iter().copied().eq(0..fabric.endpoints().len() as u32), "{ring:?}");
        }
        let stack = Stack::new(builtin("rccl-mi300x").unwrap());
        let result = play(&scenario(fabric, Some(stack), vec![of]));
        assert!(result.cases.iter().all(|case| case.time_ps > case.bound_ps));
    }
}

#[test]
fn a_site_is_what_the_fabric_holds() {
    let fabric = rails(2);
    let site = site_of(&fabric);
    assert_eq!((site.ranks, site.servers, site.per_server, site.adapters), (16, 2, 8, 8));
    assert_eq!((site.network, site.inside()), (400e9, Medium::Scaleup));
    assert!(site.reducing);
    let fabric = star(3, Bandwidth::from_gigabytes(25), Time(A));
    let site = site_of(&fabric);
    assert_eq!((site.servers, site.per_server, site.inside()), (3, 1, Medium::Network));
}

#[test]
fn switches_that_some_servers_lack_are_left_out_of_the_choice() {
    // Two servers of two GPUs on a switch each, of which the second one's may be plain.
    let fabric = |second: InNetwork| {
        let mut builder = Builder::new("two", LinkClass::builtin());
        let nvlink = Cable::new(builder.class("nvlink").unwrap(), Bandwidth::from_gigabytes(450));
        let net = Cable::new(builder.class("infiniband").unwrap(), Bandwidth::from_gbps(400));
        let leaf = builder.add_node(Node::new("leaf", NodeKind::Leaf));
        for (server, can) in [(0, InNetwork::BOTH), (1, second)] {
            let switch =
                Node::new(format!("switch{server}"), NodeKind::NvSwitch).in_server(server).working(can);
            let switch = builder.add_node(switch);
            for gpu in 0..2 {
                let gpu = Node::new(format!("host{server}/gpu{gpu}"), NodeKind::Gpu).in_server(server);
                let gpu = builder.add_node(gpu);
                builder.add_cable(gpu, switch, nvlink.clone());
                builder.add_cable(gpu, leaf, net.clone());
            }
        }
        builder.finish().unwrap()
    };
    assert!(site_of(&fabric(InNetwork::BOTH)).reducing);
    for lacks in [InNetwork::NONE, InNetwork { multicast: true, reduce: false }] {
        let fabric = fabric(lacks);
        assert!(!site_of(&fabric).reducing);
        let stack = Stack::new(builtin("nccl-hopper").unwrap());
        let case = one(fabric, stack, Op::AllReduce, Algorithm::Auto, 1 << 30);
        assert_ne!(case.algorithm, "nvls-tree");
    }
}

#[test]
fn only_libraries_that_search_them_have_rings_of_their_own() {
    let fabric = template("template = \"full-mesh-box\"\nname = \"box\"\n[params]\nservers = 1\n");
    let links = |profile: &str| {
        let stack = Stack::new(builtin(profile).unwrap());
        let case = one(fabric.clone(), stack, Op::AllReduce, Algorithm::Ring, 1 << 30);
        case.tiers
            .iter()
            .find(|tier| tier.tier == "gpu -> gpu")
            .map(|tier| tier.mean_utilisation / tier.max_utilisation)
    };
    // Six of seven links are used alike by rings that were searched, one of seven by a ring in order.
    assert!((links("rccl-mi300x").unwrap() - 6.0 / 7.0).abs() < 1e-6);
    assert!((links("mpi-infiniband").unwrap() - 1.0 / 7.0).abs() < 1e-6);
}
