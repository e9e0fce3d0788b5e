use railspine::{
    input::{LoadOptions, load_plan},
    planner::front::Space,
};
use std::time::Instant;
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let plan = load_plan(&f, &LoadOptions::default()).unwrap().value;
    let n: u32 = std::env::args().nth(2).unwrap().parse().unwrap();
    let t = Instant::now();
    let s = Space::new(&plan, &[n]);
    println!(
        "{:?} structures {} networks {} designs {} infeasible {:?}",
        t.elapsed(),
        s.structures.len(),
        s.networks.len(),
        s.designs,
        s.infeasible
    );
    let t = Instant::now();
    let mut k = 0;
    for n in s.networks.iter().step_by(7).take(50) {
        let (st, v, b) = n.designs[0];
        let p = s.yard.price(&s.structures[st as usize], &v);
        if k < 6 {
            println!("{:?} {:?} {:?} {:?}", v, b, p, s.structures[st as usize].counts());
        }
        k += 1;
    }
    println!("price each {:?}", t.elapsed() / k);
    let mut fam = std::collections::BTreeMap::new();
    for n in &s.networks {
        *fam.entry((
            n.wiring.technology,
            n.wiring.attach,
            n.wiring.separate,
            n.wiring.planes,
            n.wiring.tiers,
        ))
        .or_insert(0) += 1;
    }
    println!("{fam:?}");
}
trait C {
    fn counts(&self) -> String;
}
impl C for railspine::planner::design::Structure {
    fn counts(&self) -> String {
        format!("{:?} {:?} {:?}", self.leaf, self.spine, self.cables)
    }
}
