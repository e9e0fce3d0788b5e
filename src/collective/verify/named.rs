//! Names exactly what is wrong with one atom, by following sets of ranks instead of fingerprints.

use super::carriers::Visit;
use super::goal::{Holds, at_end, at_start};
use super::{EXACT_BYTES, VerifyFault};
use crate::collective::Schedule;
use crate::ids::Rank;

/// What goes wrong when the transfers that carry an atom, by round, are done one round after the other. `None`
/// where nothing does, or where the sets would take too much memory.
pub(super) fn fault(schedule: &Schedule, visits: &[Visit], atom: u64) -> Option<VerifyFault> {
    let (ranks, words) = (schedule.ranks, schedule.ranks.div_ceil(64) as usize);
    let participants = schedule.participants();
    if u128::from(participants) * words as u128 * 8 > EXACT_BYTES {
        return None;
    }
    let mut sets = vec![0_u64; participants as usize * words];
    for rank in 0..ranks {
        if let Holds::One(who) = at_start(schedule, rank, atom) {
            sets[rank as usize * words + who as usize / 64] |= 1 << (who % 64);
        }
    }
    let row = |rank: u32| rank as usize * words..(rank as usize + 1) * words;
    for round in visits.chunk_by(|one, next| one.round == next.round) {
        let carried: Vec<Vec<u64>> = round.iter().map(|visit| sets[row(visit.src)].to_vec()).collect();
        for (visit, carried) in round.iter().zip(carried) {
            let transfer = || visit.transfer(schedule);
            let reduces = visit.step < schedule.phases[visit.phase as usize].reduce_steps;
            for ((cell, value), word) in sets[row(visit.dst)].iter_mut().zip(carried).zip(0_u32..) {
                let clash = if reduces { *cell & value } else { *cell & !value };
                if clash != 0 {
                    let contribution = Rank(word * 64 + clash.trailing_zeros());
                    return Some(if reduces {
                        VerifyFault::Doubled { transfer: transfer(), atom, contribution }
                    } else {
                        VerifyFault::Lost { transfer: transfer(), atom, contribution }
                    });
                }
                *cell |= value;
            }
        }
    }
    (0..ranks).find_map(|rank| {
        let goal = at_end(schedule, rank, atom);
        let has = |who: u32| sets[rank as usize * words + who as usize / 64] >> (who % 64) & 1 == 1;
        let should = |who: u32| match goal {
            Holds::All => true,
            Holds::One(one) => one == who,
            Holds::Nothing => has(who),
        };
        let which = |wanted: bool| {
            let wrong = (0..ranks).filter(|who| should(*who) == wanted && has(*who) != wanted);
            wrong.map(Rank).collect::<Vec<_>>()
        };
        let (missing, surplus) = (which(true), which(false));
        let rank = Rank(rank);
        if !missing.is_empty() {
            Some(VerifyFault::Missing { rank, atom, contributions: missing })
        } else if !surplus.is_empty() {
            Some(VerifyFault::Surplus { rank, atom, contributions: surplus })
        } else {
            None
        }
    })
}
