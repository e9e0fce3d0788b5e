//! What a row shards.

use crate::workload::Sharding;

/// What is sharded: as told, or else what the software does usually.
pub(in crate::validate::steps) fn sharding(told: &str, usual: Sharding, pp: u32, dp: u32) -> Sharding {
    let told = told.to_ascii_lowercase();
    let has = |word: &str| told.contains(word);
    if told.is_empty() {
        usual
    } else if has("grad_op") {
        Sharding::Gradients
    } else if has("fsdp2") && pp > 1 {
        // Parameters stay gathered between a pipeline's micro-batches.
        Sharding::Gradients
    } else if has("fsdp") {
        match told.rsplit(' ').next().and_then(|word| word.parse().ok()) {
            Some(group) if (1..dp).contains(&group) => Sharding::Hybrid(group),
            _ => Sharding::Parameters,
        }
    } else if has("distributed optimizer") || has("zero-1") {
        Sharding::Optimizer
    } else {
        Sharding::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_what_is_sharded() {
        for (told, pp, own) in [
            ("FSDP FULL_SHARD", 1, Sharding::Parameters),
            ("FSDP SHARD_GRAD_OP", 1, Sharding::Gradients),
            ("FSDP2", 1, Sharding::Parameters),
            ("FSDP2", 4, Sharding::Gradients),
            ("FSDP 8", 1, Sharding::Hybrid(8)),
            ("FSDP 64", 1, Sharding::Parameters),
            ("distributed optimizer", 8, Sharding::Optimizer),
            ("ZeRO-1", 8, Sharding::Optimizer),
            ("none(DDP)", 1, Sharding::None),
            ("", 1, Sharding::Optimizer),
        ] {
            assert_eq!(sharding(told, Sharding::Optimizer, pp, 64), own, "{told}");
        }
    }
}
