//! What every code means, at length: for `explain CODE`.

/// One code: its title and its text, from one file.
macro_rules! texts {
    ($($code:literal => $title:literal,)*) => {
        const CODES: &[(&str, &str)] = &[$(($code, $title)),*];
        const TEXTS: &[(&str, &str)] = &[$(($code, include_str!(concat!("explain/", $code, ".md")))),*];
    };
}

texts! {
    "E0101" => "the file is not TOML",
    "E0102" => "unknown key",
    "E0103" => "missing key",
    "E0104" => "wrong type",
    "E0105" => "not a quantity",
    "E0106" => "value out of range",
    "E0107" => "unknown word",
    "E0108" => "keys that exclude each other",
    "E0109" => "another kind of file",
    "E0110" => "not the name of a file",
    "E0111" => "not a pattern for names",
    "E0201" => "unknown template",
    "E0202" => "parameters that do not fit together",
    "E0203" => "unknown link class",
    "E0204" => "link without bandwidth",
    "E0205" => "two nodes of one name",
    "E0206" => "two links between the same nodes",
    "E0207" => "unknown node",
    "E0208" => "link from a node to itself",
    "E0209" => "fabric without GPUs",
    "E0210" => "GPUs that cannot reach each other",
    "E0211" => "no link to remove",
    "E0212" => "routing that does not suit the fabric",
    "E0213" => "work on data by a node that is no switch",
    "E0301" => "unknown rank",
    "E0302" => "rank that is no GPU",
    "E0303" => "rank listed twice",
    "E0304" => "algorithm that does not do the operation",
    "E0305" => "algorithm that cannot serve the ranks",
    "E0306" => "sizes that do not fit",
    "E0307" => "root that is no rank",
    "E0308" => "fewer GPUs than ranks",
    "E0309" => "collectives that cannot run together",
    "E0310" => "spread of sizes that do not differ",
    "E0401" => "expectation that matches no case",
    "E0402" => "key that does not suit the kind of plot",
    "E0403" => "plot of a size that is not run",
    "E0404" => "two plots of one name",
    "E0405" => "timeline of a rank that is not there",
    "E0406" => "expectation of another kind of scenario",
    "E0501" => "too many nodes or links",
    "E0502" => "too many cases",
    "E0503" => "file that cannot be read",
    "E0601" => "unknown stack profile",
    "E0602" => "not a release",
    "E0603" => "unknown model",
    "E0604" => "unknown accelerator",
    "E0605" => "unknown software",
    "E0701" => "not a table of measurements",
    "E0702" => "header of measurements that cannot be used",
    "E0703" => "not a log of nccl-tests",
    "E0801" => "not a Chakra trace",
    "E0802" => "node of a trace that cannot be used",
    "E0803" => "dependencies that cannot be met",
    "E0804" => "groups of a trace that cannot be used",
    "E0805" => "ranks of a trace that do not fit together",
    "E0806" => "not a workload of AICB",
    "E0807" => "workload that cannot be spread over ranks",
    "E0901" => "ranks that cannot be divided so",
    "E0902" => "degree that does not suit the model",
    "E0903" => "batch or sequence that cannot be divided so",
    "E0904" => "schedule that does not suit the pipeline",
    "E0905" => "number format that the accelerator lacks",
    "E0906" => "value that no division of the step has",
    "E0907" => "inference that cannot be divided so",
    "E1001" => "unknown part",
    "E1002" => "two of one name",
    "E1003" => "price that does not ascend",
    "E1004" => "number of accelerators that cannot be had",
    "E1005" => "group that does not divide a job",
    "E1006" => "nothing to choose from",
    "E1007" => "weights that do not fit",
    "E1008" => "step that is not a plan's",
    "W0301" => "key without effect",
    "W0302" => "listed twice",
    "W0303" => "layers shared unevenly",
}

/// All codes with their titles, in order.
pub fn codes() -> &'static [(&'static str, &'static str)] {
    CODES
}

/// What a code means, with a wrong and a right example, as Markdown. Case does not matter.
pub fn explain(code: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(code.trim())).map(|(_, text)| *text)
}
