//! Headers that lead to no fabric, each with its reason.

use railspine::validate::system::map;

use crate::NodeKind::Leaf;
use crate::{NVL3, count, file, place, why};

#[test]
fn what_cannot_be_mapped_says_why() {
    let cases: [([u32; 3], String, &str); 28] = [
        ([2, 8, 12], NVL3.into(), "`nodes` x `gpus_per_node` is 2 x 8, but `ranks` is 12, expected 16"),
        (
            [1, 600, 600],
            NVL3.into(),
            "600 ranks, 600 a node, are too many; at most 131072, 512 a node, are drawn",
        ),
        (
            [1, 8, 8],
            "accelerator=H1000".into(),
            "`accelerator` is `H1000`, which is not known; did you mean `H100`?",
        ),
        (
            [1, 8, 8],
            "accelerator=Gaudi".into(),
            "`accelerator` is `Gaudi`, which is not known; known are `V100`, `A100`, `H100`, `H200`, `H800`, `H20`, `GH200`, \
             `B200`, `B300`, `GB200`, `GB300`, `MI300X`, `MI325X`, `MI355X`, `RTX4090`",
        ),
        (
            [1, 8, 8],
            "accelerator=none,memory=device".into(),
            "`accelerator` is `none`, but `memory` is `device`; name the accelerator, or write `memory = host`",
        ),
        (
            [1, 8, 8],
            "memory=device,scaleup=pcie".into(),
            "`accelerator` is not known, and `scaleup` does not tell a generation of NVLink; name the accelerator, such as \
             `H100`",
        ),
        (
            [1, 8, 8],
            "accelerator=H100,scaleup=nvlink4-switch".into(),
            "`scaleup` is `nvlink4-switch`, which is not known; did you mean `nvlink4-nvswitch`?",
        ),
        (
            [1, 8, 8],
            "accelerator=A100,scaleup=nvlink4-nvswitch".into(),
            "`scaleup` is `nvlink4-nvswitch`, which A100 does not have; it may have `nvlink3-mesh`, `nvlink3-nvswitch`, `pcie`, \
             `none`",
        ),
        (
            [1, 8, 8],
            "accelerator=MI300X,scaleup=nvlink4-mesh".into(),
            "`scaleup` is `nvlink4-mesh`, which MI300X does not have; it may have `xgmi-mesh`, `pcie`, `none`",
        ),
        (
            [1, 3, 3],
            "accelerator=A100".into(),
            "`scaleup` is not known, and A100 is not sold with 3 in a node; it may have `nvlink3-mesh`, `nvlink3-nvswitch`, \
             `pcie`, `none`",
        ),
        (
            [1, 2, 2],
            "accelerator=A100,scaleup=none,scaleup_domain=2".into(),
            "`scaleup` is `none`, but `scaleup_domain` is 2, expected 1",
        ),
        (
            [1, 8, 8],
            "accelerator=A100,scaleup=nvlink3-nvswitch,scaleup_domain=0".into(),
            "`scaleup_domain` is 0, expected 1 or more",
        ),
        (
            [1, 8, 8],
            "accelerator=A100,scaleup=nvlink3-nvswitch,scaleup_domain=eight".into(),
            "`scaleup_domain` is `eight`, expected a whole number up to 1048576",
        ),
        (
            [2, 8, 16],
            "accelerator=A100,scaleup=nvlink3-nvswitch,scaleup_domain=3".into(),
            "`scaleup_domain` is 3 and `gpus_per_node` is 8, but one must be a multiple of the other",
        ),
        (
            [1, 16, 16],
            "accelerator=MI300X,scaleup=xgmi-mesh".into(),
            "`scaleup_domain` is 16, but `xgmi-mesh` links at most 8",
        ),
        (
            [2, 4, 8],
            "accelerator=RTX4090,scaleup=pcie,scaleup_domain=8".into(),
            "`scaleup_domain` is 8, but `pcie` does not leave a node, expected at most 4",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=none"),
            "`net` is `none`, but 2 nodes send over a network, expected a value such as `infiniband`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=myrinet"),
            "`net` is `myrinet`, which is not known; known are `infiniband`, `roce`, `efa`, `tcpx`, `slingshot`, `tofud`, \
             `omnipath`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,nics_per_node=none"),
            "`nics_per_node` is `none`, but 2 nodes send over a network, expected a value such as `8`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,nics_per_node=1048576"),
            "`nics_per_node` is 1048576, expected 1 to 256",
        ),
        ([2, 8, 16], format!("{NVL3},net=roce,nics_per_node=0"), "`nics_per_node` is 0, expected 1 to 256"),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,nics_per_node=4"),
            "`nic_gbps` is not known, and nothing else tells it of these nodes; add a line such as `# nic_gbps = 400`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,nics_per_node=8,nic_gbps=none"),
            "`nic_gbps` is `none`, but 2 nodes send over a network, expected a value such as `400`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,nics_per_node=8,nic_gbps=fast"),
            "`nic_gbps` is `fast`, expected a number from 0.001 to 1000000",
        ),
        (
            [2, 1, 2],
            "accelerator=none,net=roce".into(),
            "`nics_per_node` is not known, and nothing else tells it of these nodes; add a line such as `# nics_per_node = 8`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,fabric=single-node"),
            "`fabric` is `single-node`, but 2 nodes send over a network, expected a shape such as `fat-tree`, or `unknown`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,fabric=none"),
            "`fabric` is `none`, but 2 nodes send over a network, expected a shape such as `fat-tree`, or `unknown`",
        ),
        (
            [2, 8, 16],
            format!("{NVL3},net=roce,fabric=fattree"),
            "`fabric` is `fattree`, which is not known; did you mean `fat-tree`?",
        ),
    ];
    for (counts, keys, told) in cases {
        assert_eq!(why(counts, &keys), told, "{keys}");
    }
}

#[test]
fn groups_that_nobody_builds_are_not_drawn() {
    let keys = |fabric: &str| {
        format!("accelerator=none,memory=host,nics_per_node=20,nic_gbps=200,net=slingshot,fabric={fabric}")
    };
    assert_eq!(
        why([1025, 1, 1025], &keys("dragonfly")),
        "`fabric` is `dragonfly`, but 1025 switches in one group are more than the 1024 that are drawn; a `placement` \
         tells groups"
    );
    let cells: String = (0..1025).map(|node| format!("{node},n{node},c{node},l{node}\n")).collect();
    let cells = place(&format!("rank,node,cell,leaf_switch\n{cells}"));
    for fabric in ["dragonfly", "dragonfly-plus"] {
        assert_eq!(
            map(&file([1025, 1, 1025], &keys(fabric)), Some(&cells)).unwrap_err().why,
            format!(
                "`fabric` is `{fabric}`, but 1025 groups of switches are more than the 1024 that are drawn"
            )
        );
    }
    assert_eq!(count(&map(&file([1025, 1, 1025], &keys("dragonfly-plus")), None).unwrap(), Leaf), 1025);
}
