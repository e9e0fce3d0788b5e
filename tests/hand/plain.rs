//! Max-min fair flows, receipt-driven, as plainly as can be: every transfer of the schedule is written out, and
//! all rates are worked out anew at every event. Times in picoseconds, as floats.

use railspine::collective::{Lane, On, Phase, Schedule, Side};
use railspine::ids::PathId;
use railspine::route::Routes;
use railspine::units::Bytes;

struct Row<'a> {
    phase: usize,
    of: &'a Phase,
    index: usize,
    lane: Lane,
    path: PathId,
    /// When each step was sent, as far as it was.
    sent: Vec<f64>,
    /// Bytes left of the step in flight, and its rate.
    flight: Option<(f64, f64)>,
}

/// When the last transfer is received.
pub(crate) fn finish(schedule: &Schedule, routes: &Routes, paths: &[PathId], bytes: Bytes) -> f64 {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (phase, of) in schedule.phases.iter().enumerate() {
        for (index, lane) in of.pattern.lanes().enumerate() {
            let path = paths[rows.len()];
            rows.push(Row { phase, of, index, lane, path, sent: Vec::new(), flight: None });
        }
    }
    let mut now = 0.0;
    loop {
        // Start what is ready, finish what has no bytes or no links, until neither is left.
        while let Some(row) = (0..rows.len()).find(|row| ready(&rows, routes, *row, now)) {
            let step = rows[row].sent.len() as u32;
            let size = schedule.transfer_bytes(rows[row].of, rows[row].index, &rows[row].lane, step, bytes);
            if size == 0 || routes.hops(rows[row].path).is_empty() {
                rows[row].sent.push(now);
            } else {
                rows[row].flight = Some((size as f64, 0.0));
            }
        }
        fill(&mut rows, routes);
        let drained = rows.iter().filter_map(|row| row.flight).map(|(left, rate)| now + left / rate);
        let arrivals = rows.iter().flat_map(|row| {
            let latency = routes.latency(row.path).ps() as f64;
            row.sent.iter().map(move |sent| sent + latency).filter(|at| *at > now)
        });
        let next = drained.chain(arrivals).fold(f64::INFINITY, f64::min);
        if next == f64::INFINITY {
            break;
        }
        let span = next - now;
        now = next;
        for row in &mut rows {
            if let Some((left, rate)) = row.flight {
                let left = left - rate * span;
                // A thousandth of a picosecond's worth of bytes is nothing.
                row.flight = if left <= rate * 1e-3 { None } else { Some((left, rate)) };
                if row.flight.is_none() {
                    row.sent.push(now);
                }
            }
        }
    }
    for row in &rows {
        assert_eq!(row.sent.len(), row.of.steps as usize, "everything was sent: {:?}", row.lane);
    }
    now
}

fn ready(rows: &[Row<'_>], routes: &Routes, number: usize, now: f64) -> bool {
    let row = &rows[number];
    let step = row.sent.len() as u32;
    if row.flight.is_some() || step == row.of.steps {
        return false;
    }
    row.of.waits.iter().all(|wait| {
        let end = |other: &Row<'_>| if wait.side == Side::Incoming { other.lane.dst } else { other.lane.src };
        let others = rows.iter().filter(|o| o.phase == wait.phase as usize && end(o) == row.lane.src);
        others.into_iter().all(|other| {
            let latency = if wait.on == On::Received { routes.latency(other.path).ps() as f64 } else { 0.0 };
            let happened = other.sent.iter().filter(|sent| *sent + latency <= now).count();
            happened >= wait.need.count(step, other.of.steps) as usize
        })
    })
}

/// Progressive filling: all rates grow together until a link is full; the flows over it are then fixed.
fn fill(rows: &mut [Row<'_>], routes: &Routes) {
    let mut open: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].flight.is_some()).collect();
    let mut room: Vec<f64> = routes.resources().iter().map(|resource| resource.capacity / 1e12).collect();
    let mut level = 0.0;
    while !open.is_empty() {
        let mut users = vec![0.0; room.len()];
        for row in &open {
            for hop in routes.hops(rows[*row].path) {
                users[hop.resource.index()] += 1.0;
            }
        }
        let shares = room.iter().zip(&users).filter(|(_, users)| **users > 0.0);
        let more = shares.map(|(room, users)| room / users).fold(f64::INFINITY, f64::min);
        level += more;
        let full: Vec<bool> = room
            .iter()
            .zip(&users)
            .map(|(room, users)| *users > 0.0 && room / users <= more * (1.0 + 1e-12))
            .collect();
        for (room, users) in room.iter_mut().zip(&users) {
            *room -= more * users;
        }
        open.retain(|row| {
            let stopped = routes.hops(rows[*row].path).iter().any(|hop| full[hop.resource.index()]);
            if stopped && let Some((_, rate)) = &mut rows[*row].flight {
                *rate = level;
            }
            !stopped
        });
    }
}
