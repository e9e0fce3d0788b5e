//! From headers of measured files to fabrics, and why some lead to none; from names of algorithms to algorithms.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "systems/names.rs"]
mod names;
#[path = "systems/unmapped.rs"]
mod unmapped;

use railspine::exchange::{Measured, Placement, measured, placement};
use railspine::fabric::NodeKind;
use railspine::ids::NodeId;
use railspine::route::{Flow, Router};
use railspine::validate::system::{HostKind, PRODUCTS, Scaleup, System, map};

/// A file with one point. `keys` are `key=value`, comma-separated: the first three are nodes, accelerators of a node and
/// ranks.
fn file(counts: [u32; 3], keys: &str) -> Measured {
    let [nodes, per_node, ranks] = counts;
    let mut text = format!(
        "# collective = all_reduce\n# nodes = {nodes}\n# gpus_per_node = {per_node}\n# ranks = {ranks}\n"
    );
    for key in keys.split(',').filter(|key| !key.is_empty()) {
        text.push_str(&format!("# {key}\n"));
    }
    text.push_str("size_bytes,time_us\n1024,20\n");
    measured::read("test.csv", text.as_bytes()).unwrap()
}

fn system(counts: [u32; 3], keys: &str) -> System {
    placed(counts, keys, None)
}

fn placed(counts: [u32; 3], keys: &str, placement: Option<&Placement>) -> System {
    let system = map(&file(counts, keys), placement).unwrap_or_else(|unmapped| panic!("{keys}: {unmapped}"));
    assert_eq!(system.rank_nodes, system.fabric.endpoints());
    assert_eq!(system.rank_nodes.len(), counts[2] as usize);
    let mut router = Router::new(&system.fabric, 1);
    let from = if system.rank_nodes.len() > 32 { 1 } else { 32 };
    for src in system.rank_nodes.iter().take(from) {
        for dst in system.rank_nodes.iter().filter(|dst| *dst != src) {
            router.paths(&[Flow { src: *src, dst: *dst, channel: 0 }]).unwrap();
        }
    }
    system
}

fn why(counts: [u32; 3], keys: &str) -> String {
    map(&file(counts, keys), None).unwrap_err().why
}

/// Raw GB/s, hops and the kinds passed on the way from one rank to another, where there is one way.
fn way(system: &System, from: usize, to: usize) -> (f64, Vec<NodeKind>) {
    let (src, dst) = (system.rank_nodes[from], system.rank_nodes[to]);
    let mut router = Router::new(&system.fabric, 1);
    let path = router.paths(&[Flow { src, dst, channel: 0 }]).unwrap()[0];
    let routes = router.finish();
    let mut rate = f64::INFINITY;
    let (mut at, mut kinds) = (src, Vec::new());
    while at != dst {
        let hop = routes.hops(path).iter().map(|hop| routes.resources()[hop.resource.index()].link);
        let link = hop.into_iter().find(|link| system.fabric.link(*link).from == at).unwrap();
        let link = system.fabric.link(link);
        rate = rate.min(link.bandwidth.bytes_per_sec() * f64::from(link.lanes) / 1e9);
        at = link.to;
        kinds.push(system.fabric.node(at).kind);
    }
    (rate, kinds)
}

fn count(system: &System, kind: NodeKind) -> usize {
    system.fabric.nodes().iter().filter(|node| node.kind == kind).count()
}

use NodeKind::{Cpu, Gpu, Leaf, Nic, NvSwitch, PcieSwitch, Spine, Switch};

const NVL3: &str = "accelerator=A100,scaleup=nvlink3-nvswitch,scaleup_domain=8";
const NVL4: &str = "accelerator=H100,scaleup=nvlink4-nvswitch,scaleup_domain=8";

#[test]
fn one_server_of_every_kind() {
    let cases = [
        ("V100", "nvlink2-cube-mesh", 8, 25.0),
        ("V100", "nvlink2-nvswitch", 16, 150.0),
        ("A100", "nvlink3-mesh", 4, 100.0),
        ("A100", "nvlink3-nvswitch", 8, 300.0),
        ("H100", "nvlink4-mesh", 4, 150.0),
        ("H100", "nvlink4-nvswitch", 8, 450.0),
        ("H200", "nvlink4-nvswitch", 8, 450.0),
        ("H800", "nvlink4-nvswitch", 8, 200.0),
        ("H800", "nvlink4-mesh", 4, 50.0),
        ("H20", "nvlink4-nvswitch", 8, 450.0),
        ("GH200", "nvlink4-mesh", 4, 150.0),
        ("GH200", "nvlink-c2c", 2, 450.0),
        ("B200", "nvlink5-nvswitch", 8, 900.0),
        ("B300", "nvlink5-nvswitch", 8, 900.0),
        ("GB200", "nvlink5-nvswitch", 4, 900.0),
        ("GB300", "nvlink5-nvswitch", 4, 900.0),
        ("MI300X", "xgmi-mesh", 8, 64.0),
        ("MI325X", "xgmi-mesh", 8, 64.0),
        ("MI355X", "xgmi-mesh", 8, 76.8),
        ("RTX4090", "pcie", 8, 32.0),
        ("A100", "pcie", 2, 32.0),
        ("unknown", "nvlink4-nvswitch", 8, 450.0),
    ];
    for (accelerator, scaleup, gpus, rate) in cases {
        let keys =
            format!("accelerator={accelerator},scaleup={scaleup},scaleup_domain={gpus},fabric=single-node");
        let system = system([1, gpus, gpus], &keys);
        assert_eq!((way(&system, 0, 1).0, system.domain), (rate, gpus), "{keys}");
        assert_eq!(system.scaleup.name(), scaleup);
        assert_eq!(system.adapters, None);
        assert_eq!(
            system.reduces_in_switch,
            scaleup.ends_with("4-nvswitch") || scaleup.ends_with("5-nvswitch")
        );
        assert_eq!(system.assumed.is_empty(), accelerator != "unknown", "{keys}: {:?}", system.assumed);
    }
}

#[test]
fn parts_of_a_board_keep_the_links_of_the_whole() {
    let pair = |keys: &str| way(&system([1, 2, 2], keys), 0, 1);
    assert_eq!(pair("accelerator=MI300X,scaleup=xgmi-mesh,scaleup_domain=2"), (64.0, vec![Gpu]));
    assert_eq!(pair("accelerator=A100,scaleup=nvlink3-mesh,scaleup_domain=2"), (100.0, vec![Gpu]));
    assert_eq!(pair(NVL4), (450.0, vec![NvSwitch, Gpu]));
    let four = system([1, 4, 4], "accelerator=V100,scaleup=nvlink2-cube-mesh,scaleup_domain=8");
    assert_eq!([way(&four, 0, 1).0, way(&four, 0, 3).0, way(&four, 1, 2).0], [25.0, 50.0, 50.0]);
}

#[test]
fn accelerators_without_a_link_meet_at_the_processor() {
    let cube = system([1, 8, 8], "accelerator=V100,scaleup=nvlink2-cube-mesh,scaleup_domain=8");
    assert_eq!(way(&cube, 0, 4), (50.0, vec![Gpu]));
    assert_eq!(way(&cube, 0, 7), (16.0, vec![PcieSwitch, Cpu, Cpu, PcieSwitch, Gpu]));
    let islands = system([1, 4, 4], "accelerator=A100,scaleup=nvlink3-nvswitch,scaleup_domain=2");
    assert_eq!(way(&islands, 0, 1), (300.0, vec![NvSwitch, Gpu]));
    assert_eq!(way(&islands, 1, 2), (32.0, vec![PcieSwitch, Cpu, PcieSwitch, Gpu]));
    let none = system([1, 2, 2], "accelerator=H100,scaleup=none,scaleup_domain=1");
    assert_eq!(way(&none, 0, 1), (64.0, vec![PcieSwitch, Cpu, PcieSwitch, Gpu]));
    assert_eq!(none.fabric.node(none.rank_nodes[1]).server, Some(0));
}

#[test]
fn what_a_drawing_over_pcie_leaves_out_is_noted() {
    let cards = system([1, 2, 2], "accelerator=RTX4090,scaleup=pcie,scaleup_domain=2");
    assert_eq!(
        cards.notes,
        ["accelerators meet at one processor; traffic through host memory is not limited by its rate"]
    );
}

#[test]
fn an_nvlink_domain_may_hold_several_nodes() {
    let one =
        system([2, 4, 8], "accelerator=GB200,scaleup=nvlink5-nvswitch,scaleup_domain=72,fabric=unknown");
    assert_eq!(way(&one, 0, 7), (900.0, vec![NvSwitch, Gpu]));
    assert_eq!(one.domain, 8);
    assert_eq!(one.notes, ["one scale-up domain holds all 2 nodes, so no network is drawn"]);
    assert_eq!(one.description, "2 x 4 GB200, nvlink5-nvswitch domains of 8 (18 x 50 GB/s)");
    let keys = "accelerator=GB200,scaleup=nvlink5-nvswitch,scaleup_domain=8,nics_per_node=4,nic_gbps=400,\
        net=infiniband,fabric=rail-optimized";
    let two = system([4, 4, 16], keys);
    assert_eq!(way(&two, 0, 7), (900.0, vec![NvSwitch, Gpu]));
    assert_eq!(way(&two, 0, 8), (50.0, vec![PcieSwitch, Nic, Leaf, Nic, PcieSwitch, Gpu]));
    assert_eq!(two.fabric.node(two.rank_nodes[7]).server, Some(0));
    assert_eq!(two.fabric.node(two.rank_nodes[8]).server, Some(1));
    assert_eq!(count(&two, NvSwitch), 2);
}

#[test]
fn adapters_are_shared_or_several_to_an_accelerator() {
    let with = |adapters: &str| {
        let keys = format!("{NVL4},nics_per_node={adapters},net=efa,fabric=unknown");
        let system = system([2, 8, 16], &keys);
        (way(&system, 0, 8).0, count(&system, Nic), count(&system, Leaf), count(&system, PcieSwitch))
    };
    assert_eq!(with("8,nic_gbps=400"), (50.0, 16, 8, 16));
    assert_eq!(with("4,nic_gbps=100"), (12.5, 8, 4, 8));
    assert_eq!(with("32,nic_gbps=100"), (50.0, 16, 8, 16));
    assert_eq!(with("1,nic_gbps=100"), (12.5, 2, 1, 2));
    // Twelve adapters for eight: every other accelerator has two.
    assert_eq!(with("12,nic_gbps=100"), (12.5, 16, 8, 16));
    let keys = format!("{NVL3},nics_per_node=4,nic_gbps=100,net=efa");
    let shared = system([2, 8, 16], &keys);
    let rails: Vec<Option<u32>> =
        shared.rank_nodes[..8].iter().map(|node| shared.fabric.node(*node).rail).collect();
    assert_eq!(rails, [0, 0, 1, 1, 2, 2, 3, 3].map(Some));
    assert_eq!(way(&shared, 0, 2), (300.0, vec![NvSwitch, Gpu]));
    assert_eq!(shared.assumed, ["fabric"]);
    assert_eq!(
        shared.description,
        "2 x 8 A100, nvlink3-nvswitch domains of 8 (12 x 25 GB/s), 4 x 100 Gbps efa a node, rails"
    );
}

#[test]
fn every_network_and_shape() {
    for (net, hop_ns) in [
        // A switch and its cable: what adapters add to sends from host memory is in the constants of MPI.
        ("infiniband", 150),
        ("roce", 1000),
        ("efa", 1000),
        ("tcpx", 1000),
        ("slingshot", 350),
        ("omnipath", 450),
        ("tofud", 100),
    ] {
        let keys =
            format!("accelerator=none,memory=host,nics_per_node=2,nic_gbps=100,net={net},fabric=fat-tree");
        let system = system([2, 1, 2], &keys);
        let class = system.fabric.classes().iter().find(|class| class.name == net).unwrap();
        assert_eq!(class.latency.ps(), hop_ns * 1000, "{net}");
        assert_eq!(way(&system, 0, 1), (25.0, vec![Cpu, Nic, Leaf, Nic, Cpu, Gpu]));
        assert_eq!(system.adapters.as_ref().map(|adapters| adapters.net), Some(net));
        assert_eq!(system.host, HostKind::Memory { ranks: 1 });
    }
    let keys = |fabric: &str| format!("{NVL3},nics_per_node=8,nic_gbps=200,net=infiniband,fabric={fabric}");
    let shape = |fabric: &str| {
        let system = system([40, 8, 320], &keys(fabric));
        (count(&system, Leaf), count(&system, Spine), count(&system, Switch))
    };
    // 20 ports down: two nodes of eight adapters a leaf, or twenty nodes on the eight leaves of their rails.
    assert_eq!(shape("fat-tree"), (20, 1, 0));
    assert_eq!(shape("rail-optimized"), (16, 1, 0));
    assert_eq!(shape("dragonfly-plus"), (20, 1, 0));
    assert_eq!(shape("dragonfly"), (0, 0, 20));
    assert_eq!(shape("unknown"), shape("rail-optimized"));
}

#[test]
fn tapers_are_read_and_unknown_ones_noted() {
    let keys =
        "accelerator=none,memory=host,nics_per_node=2,nic_gbps=100,net=infiniband,fabric=fat-tree,topology=";
    let tapered = system([32, 1, 32], &format!("{keys}EDR fat-tree (1.5:1 tapered)"));
    assert_eq!(tapered.notes, ["leaves have 1.5 times more capacity below than above"]);
    // Nine nodes of two adapters a leaf.
    assert_eq!(count(&tapered, Leaf), 4);
    let up = tapered.fabric.links().iter().find(|link| tapered.fabric.node(link.to).kind == Spine).unwrap();
    assert_eq!((up.bandwidth.bits_per_sec(), up.lanes), (66_666_666_667, 18));
    let unknown = system([2, 1, 2], &format!("{keys}oversubscribed above the islands"));
    assert_eq!(
        unknown.notes,
        ["the network is oversubscribed by an unknown ratio, which is not represented"]
    );
}

#[test]
fn host_memory_is_the_endpoint_where_no_accelerator_is() {
    let keys = "accelerator=none,scaleup=none,scaleup_domain=1,memory=host,nics_per_node=4,nic_gbps=200,net=slingshot,\
        fabric=unknown,nic=4x 200 Gb/s (UCX_MAX_RNDV_RAILS=1: one rail)";
    let system = system([2, 4, 8], keys);
    assert_eq!(way(&system, 0, 1), (204.8, vec![Cpu, Gpu]));
    assert_eq!(way(&system, 0, 4), (100.0, vec![Cpu, Nic, Leaf, Nic, Cpu, Gpu]));
    assert_eq!(system.adapters.unwrap().rails_of_a_message, Some(1));
    assert_eq!(system.description, "2 x 4 processes on host memory, 4 x 200 Gbps slingshot a node, fat tree");
    assert_eq!(
        system.notes,
        [
            "a message uses 1 of 4 adapters, as the header says",
            "`fabric` is not known; a fat tree that does not block is assumed",
        ]
    );
    // One process a node, written as no accelerators.
    let lassen = placed(
        [4, 0, 4],
        "accelerator=none,nics_per_node=2,nic_gbps=100,net=infiniband,fabric=fat-tree",
        None,
    );
    assert_eq!(
        lassen.description,
        "4 x 1 processes on host memory, 2 x 100 Gbps infiniband a node, fat tree"
    );
    let device = map(&file([1, 8, 8], &format!("{NVL3},memory=host")), None).unwrap();
    assert_eq!(device.notes, ["`memory` is `host`, so the accelerator takes no part"]);
}

#[test]
fn tori_have_one_cable_on_sides_of_two() {
    let keys = |shape: &str| {
        format!(
            "accelerator=none,memory=host,nics_per_node=6,nic_gbps=54.4,net=tofud,fabric=torus,torus_shape={shape}"
        )
    };
    let cube = system([8, 1, 8], &keys("2x2x2"));
    assert_eq!((cube.fabric.links().len(), cube.fabric.torus()), (24, Some(&[2, 2, 2][..])));
    assert_eq!(way(&cube, 0, 1), (6.8, vec![Gpu]));
    let large = system([64, 1, 64], &keys("4x4x4"));
    assert_eq!(large.fabric.links().len(), 64 * 6);
    assert_eq!(way(&large, 0, 48), (6.8, vec![Gpu]), "round the first side");
    assert_eq!(large.description, "64 x 1 processes on host memory, 6 x 54.4 Gbps tofud a node, 4x4x4 torus");
    let four = system([4, 4, 16], &keys("2x2"));
    assert_eq!((four.fabric.torus(), count(&four, Switch)), (None, 4));
    let gpus = system(
        [4, 8, 32],
        &format!("{NVL4},nics_per_node=8,nic_gbps=400,net=roce,fabric=torus,torus_shape=4"),
    );
    assert_eq!((count(&gpus, Switch), count(&gpus, Nic)), (4, 32));
    assert_eq!(why([8, 1, 8], &keys("2x2")), "`torus_shape` is `2x2`, which has 4 places for 8 nodes");
    let five = "`torus_shape` is `2x2x2x1x1`, expected 1 to 4 sides above 0 such as `4x4x4`";
    assert_eq!(why([8, 1, 8], &keys("2x2x2x1x1")), five);
    assert_eq!(
        why([8, 1, 8], &keys("none")),
        "`fabric` is `torus`, but `torus_shape` is not given; add a line such as `# torus_shape = 4x4x4`"
    );
}

fn place(text: &str) -> Placement {
    placement::read("p.csv", text.as_bytes()).unwrap()
}

#[test]
fn placements_tell_switches_and_groups() {
    let keys = |fabric: &str| {
        format!("accelerator=none,memory=host,nics_per_node=4,nic_gbps=100,net=infiniband,fabric={fabric}")
    };
    let cells = place("rank,node,rack,cell,leaf_switch\n0,a,1,1,11\n1,b,1,1,11\n2,c,2,1,12\n3,d,9,4,11\n");
    let plus = placed([4, 1, 4], &keys("dragonfly-plus"), Some(&cells));
    assert_eq!((count(&plus, Leaf), count(&plus, Spine)), (3, 2), "leaf 11 of cell 4 is another");
    assert_eq!(way(&plus, 0, 1).1, [Cpu, Nic, Leaf, Nic, Cpu, Gpu]);
    assert_eq!(way(&plus, 0, 2).1, [Cpu, Nic, Leaf, Spine, Leaf, Nic, Cpu, Gpu]);
    assert_eq!(way(&plus, 0, 3).1, [Cpu, Nic, Leaf, Spine, Spine, Leaf, Nic, Cpu, Gpu]);
    assert_eq!(plus.notes, ["links between groups are drawn so that they do not block"]);
    let names = place(
        "rank,node,xname\n0,a,x1301c6s6b0n0\n1,b,x1301c6s7b1n0\n2,c,x1301c7s0b0n0\n3,d,x1402c4s0b0n0\n",
    );
    let fly = placed([4, 1, 4], &keys("dragonfly"), Some(&names));
    assert_eq!(count(&fly, Switch), 5);
    assert_eq!(way(&fly, 0, 1).1, [Cpu, Nic, Switch, Nic, Cpu, Gpu]);
    assert_eq!(way(&fly, 0, 2).1, [Cpu, Nic, Switch, Switch, Nic, Cpu, Gpu]);
    assert_eq!(way(&fly, 0, 3).1, [Cpu, Nic, Switch, Switch, Switch, Switch, Nic, Cpu, Gpu]);
    let racks = place("rank,node,rack_hint\n0,a,r1\n1,b,r2\n2,c,r1\n3,d,r1\n");
    assert_eq!(count(&placed([4, 1, 4], &keys("fat-tree"), Some(&racks)), Leaf), 2);
    // Two ranks a node: rows repeat nodes.
    let twice = place("rank,node,rack\n0,a,1\n1,a,1\n2,b,2\n3,b,2\n");
    assert_eq!(count(&placed([2, 2, 4], &keys("fat-tree"), Some(&twice)), Leaf), 2);
    // A larger allocation, of which every other node is used.
    let half = place("rank,node,rack\n0,a,1\n1,b,2\n2,c,3\n3,d,4\n");
    assert_eq!(count(&placed([2, 1, 2], &keys("fat-tree"), Some(&half)), Leaf), 2);
    let told = placed([2, 1, 2], &keys("fat-tree"), Some(&place("rank,node\n0,a\n1,b\n")));
    assert_eq!(told.notes, ["the placement does not tell switches; nodes fill switches in order"]);
    let few = map(&file([3, 1, 3], &keys("fat-tree")), Some(&twice)).unwrap_err();
    assert_eq!(
        few.why,
        "the placement has 2 nodes, which do not hold 3 ranks on 3 nodes; expected 3 nodes, or a multiple"
    );
}

#[test]
fn what_is_not_known_takes_the_usual_server_and_says_so() {
    let open = system([4, 8, 32], "accelerator=A100,memory=device");
    assert_eq!(
        open.notes,
        [
            "`scaleup` is not known; `nvlink3-nvswitch` is assumed",
            "`scaleup_domain` is not known; 8 is assumed",
            "`net` is not known; `infiniband` is assumed",
            "`nics_per_node` is not known; 8 is assumed",
            "`nic_gbps` is not known; 200 is assumed",
            "`fabric` is not known; a rail-optimised network that does not block is assumed",
        ]
    );
    assert_eq!(open.assumed, ["scaleup", "scaleup_domain", "net", "nics_per_node", "nic_gbps", "fabric"]);
    for product in PRODUCTS {
        let per_node = product.server.map_or(4, |(gpus, ..)| gpus);
        let system = system([1, per_node, per_node], &format!("accelerator={}", product.name));
        assert_ne!(system.scaleup, Scaleup::Alone, "{}", product.name);
    }
    let alone = system([2, 1, 2], "accelerator=GH200,nics_per_node=1,nic_gbps=200,net=slingshot");
    assert_eq!(
        (alone.scaleup, alone.description.as_str()),
        (Scaleup::Alone, "2 x 1 GH200, 1 x 200 Gbps slingshot a node, fat tree")
    );
    let nvl = system([18, 4, 72], "accelerator=GB300");
    assert_eq!((nvl.domain, nvl.fabric.nodes().len()), (72, 73));
    let odd = system([1, 8, 8], "scaleup=nvlink4-nvswitch,scaleup_domain=8");
    assert_eq!(odd.notes, ["`accelerator` is not known; one of the links and PCIe of H100 is assumed"]);
}

#[test]
fn large_systems_are_small_graphs() {
    let keys = format!("{NVL4},nics_per_node=8,nic_gbps=400,net=infiniband,fabric=rail-optimized");
    let system = map(&file([1024, 8, 8192], &keys), None).unwrap();
    assert_eq!((count(&system, Leaf), count(&system, Nic)), (256, 8192));
    assert_eq!(system.rank_nodes[8191], NodeId(8191));
}
