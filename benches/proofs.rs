//! What making schedules and proving them costs: `cargo bench --bench proofs`.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::time::Instant;

use railspine::collective::algo::{Request, schedule};
use railspine::collective::{Algorithm, Op, verify};
use railspine::units::Bytes;

fn main() {
    let ring = |channels| (Algorithm::Ring, Op::AllReduce, 131_072, 8, channels);
    let cases = [
        (Algorithm::Ring, Op::AllReduce, 512, 8, Some(1)),
        (Algorithm::Ring, Op::AllReduce, 1024, 8, Some(1)),
        (Algorithm::Ring, Op::AllReduce, 1024, 8, Some(8)),
        ring(Some(1)),
        ring(Some(8)),
        (Algorithm::Ring, Op::AllGather, 131_072, 8, Some(8)),
        (Algorithm::HalvingDoubling, Op::AllReduce, 131_072, 8, None),
        (Algorithm::HalvingDoubling, Op::AllReduce, 131_071, 1, None),
        (Algorithm::RecursiveDoubling, Op::AllReduce, 131_072, 8, None),
        (Algorithm::DoubleTree, Op::AllReduce, 131_072, 8, Some(8)),
        (Algorithm::Direct, Op::AllToAll, 4096, 8, None),
        (Algorithm::Direct, Op::AllToAll, 65_536, 8, None),
        (Algorithm::Direct, Op::AllReduce, 16_384, 8, None),
        (Algorithm::Hierarchical, Op::AllReduce, 4096, 8, None),
        (Algorithm::Hierarchical, Op::AllGather, 4096, 8, None),
        (Algorithm::Hierarchical, Op::AllReduce, 131_072, 8, None),
        (Algorithm::Pairwise, Op::AllToAll, 4096, 8, None),
        (Algorithm::Pairwise, Op::AllToAll, 16_384, 8, None),
        (Algorithm::Pairwise, Op::ReduceScatter, 4096, 8, None),
        (Algorithm::Bruck, Op::AllToAll, 4096, 8, None),
        (Algorithm::TwoLevel, Op::AllToAll, 4096, 8, None),
        (Algorithm::TwoLevel, Op::AllToAll, 16_384, 8, None),
        (Algorithm::Bruck, Op::AllGather, 65_536, 8, None),
        (Algorithm::MultiRing, Op::AllReduce, 4096, 8, None),
        (Algorithm::Binomial, Op::AllReduce, 131_072, 8, None),
    ];
    for (algorithm, op, ranks, size, channels) in cases {
        let servers = (0..ranks).map(|rank| rank / size).collect();
        let torus = (ranks == 4096).then(|| vec![16, 16, 16]);
        let request = Request { servers, torus, channels, ..Request::new(op, ranks, Bytes(8 << 30)) };
        let begin = Instant::now();
        let made = schedule(algorithm, &request).expect("the algorithm serves these ranks");
        let making = begin.elapsed();
        let begin = Instant::now();
        let proof = verify(made).expect("it is right").proof();
        let proving = begin.elapsed();
        println!("{ranks:>7} {op:>14} {algorithm:<20} made {making:>9.1?}, proved {proving:>9.1?} {proof:?}");
    }
}
