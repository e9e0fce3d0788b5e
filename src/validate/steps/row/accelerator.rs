//! Names of accelerators in rows.

/// The name in the library of what rows call so.
pub(in crate::validate::steps) fn name(gpu: &str) -> String {
    let gpu = gpu.to_ascii_lowercase();
    match gpu.as_str() {
        "a100-40gb" => "a100-40".into(),
        "a100-80gb" | "a100" => "a100-80".into(),
        "v100" => "v100-32".into(),
        "h100-96gb-hbm2e-500w" => "h100-96".into(),
        _ => match gpu.strip_prefix("tpuv") {
            Some(version) => format!("tpu-v{version}"),
            None => gpu,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names_of_their_own() {
        for (gpu, own) in [
            ("A100-40GB", "a100-40"),
            ("A100", "a100-80"),
            ("V100", "v100-32"),
            ("H100-96GB-HBM2e-500W", "h100-96"),
            ("TPUv5p", "tpu-v5p"),
            ("GB300", "gb300"),
        ] {
            assert_eq!(name(gpu), own);
        }
    }
}
