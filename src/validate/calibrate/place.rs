//! Which accelerators of a fabric the ranks of a log are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::CalibrateError;
use crate::exchange::nccl_tests::{Host, Log};
use crate::fabric::Fabric;
use crate::ids::NodeId;
use crate::run::Scenario;

/// A server with more accelerators than this is a scale-up domain of several hosts: no host holds as many.
const HOST_MOST: usize = 16;

/// The seed of scenarios that name none.
const SEED: u64 = 1;

/// What a log was measured on.
#[derive(Debug, Clone)]
pub enum Machine {
    /// A fabric, of which ranks take the first servers, as many of each as their hosts hold.
    Fabric(Arc<Fabric>),
    /// The ranks of the first collective of a scenario, on its fabric.
    Scenario(Box<Scenario>),
}

/// The nodes of the ranks, and a line that says which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) nodes: Vec<NodeId>,
    pub(super) told: String,
}

impl Machine {
    /// Its fabric.
    pub(super) fn fabric(&self) -> &Arc<Fabric> {
        match self {
            Self::Fabric(fabric) => fabric,
            Self::Scenario(scenario) => &scenario.fabric,
        }
    }

    /// The seed of what is random in it.
    pub(super) fn seed(&self) -> u64 {
        match self {
            Self::Fabric(_) => SEED,
            Self::Scenario(scenario) => scenario.seed,
        }
    }

    /// Places the ranks of a log.
    pub(super) fn place(&self, id: &str, log: &Log) -> Result<Placed, CalibrateError> {
        let placed = match self {
            Self::Fabric(fabric) => on_fabric(fabric, id, log)?,
            Self::Scenario(scenario) => on_scenario(scenario, id, log)?,
        };
        if placed.nodes.len() < 2 {
            return Err(CalibrateError::Alone { log: id.into() });
        }
        Ok(placed)
    }
}

fn on_scenario(scenario: &Scenario, id: &str, log: &Log) -> Result<Placed, CalibrateError> {
    let nodes = scenario.collectives.first().map(|spec| spec.nodes.clone()).unwrap_or_default();
    let found = number(nodes.len());
    match log.ranks {
        Some(ranks) if ranks != found => {
            Err(CalibrateError::Ranks { log: id.into(), ranks, place: scenario.name.clone(), found })
        }
        _ => Ok(Placed { nodes, told: format!("the ranks of scenario {}", scenario.name) }),
    }
}

/// Endpoints by server, in their order.
fn servers(fabric: &Fabric) -> Vec<Vec<NodeId>> {
    let mut servers: Vec<Vec<NodeId>> = Vec::new();
    let mut known: BTreeMap<u32, usize> = BTreeMap::new();
    for node in fabric.endpoints() {
        let next = servers.len();
        let at = fabric.node(*node).server.map_or(next, |server| *known.entry(server).or_insert(next));
        if at == next {
            servers.push(Vec::new());
        }
        servers[at].push(*node);
    }
    servers
}

fn on_fabric(fabric: &Fabric, id: &str, log: &Log) -> Result<Placed, CalibrateError> {
    let servers = servers(fabric);
    let name = fabric.name();
    let hosts = match (log.hosts.is_empty(), log.ranks) {
        (false, _) => log.hosts.clone(),
        (true, Some(ranks)) => filled(&servers, ranks, id, name)?,
        (true, None) => filled(&servers, number(fabric.endpoints().len()), id, name)?,
    };
    let mut nodes = Vec::new();
    // The server that is filled, and how many of it are taken.
    let (mut at, mut taken) = (0, 0);
    for host in &hosts {
        let ranks = host.ranks as usize;
        let domain = servers.get(at).is_some_and(|server| server.len() > HOST_MOST);
        let fits =
            |at: usize, taken: usize| servers.get(at).is_some_and(|s: &Vec<NodeId>| taken + ranks <= s.len());
        if taken > 0 && !(domain && fits(at, taken)) {
            (at, taken) = (at + 1, 0);
        }
        let Some(server) = servers.get(at) else {
            return Err(CalibrateError::Servers {
                log: id.into(),
                hosts: number(hosts.len()),
                place: name.into(),
                servers: number(servers.len()),
            });
        };
        let Some(found) = server.get(taken..taken + ranks) else {
            return Err(CalibrateError::Accelerators {
                log: id.into(),
                host: host.name.clone(),
                ranks: host.ranks,
                place: name.into(),
                most: number(server.len()),
            });
        };
        nodes.extend_from_slice(found);
        taken += ranks;
    }
    let told = match at {
        0 => format!("{} of the first server of {name}", nodes.len()),
        _ => format!("{} of the first {} servers of {name}", nodes.len(), at + 1),
    };
    Ok(Placed { nodes, told })
}

/// Hosts of a log that does not list them: whole servers, one after the other.
fn filled(servers: &[Vec<NodeId>], ranks: u32, id: &str, name: &str) -> Result<Vec<Host>, CalibrateError> {
    let mut left = ranks;
    let mut hosts = Vec::new();
    for (at, server) in servers.iter().enumerate() {
        let here = left.min(number(server.len()));
        if here == 0 {
            break;
        }
        left -= here;
        hosts.push(Host { name: format!("server {at}"), ranks: here });
    }
    if left > 0 {
        let found = ranks - left;
        return Err(CalibrateError::Ranks { log: id.into(), ranks, place: name.into(), found });
    }
    Ok(hosts)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Op;
    use crate::input::{LoadOptions, load_topology};

    fn fabric(text: &str) -> Machine {
        let options = LoadOptions { stdin: Some(text.into()), ..LoadOptions::default() };
        Machine::Fabric(Arc::new(load_topology("-", &options).unwrap().value))
    }

    fn boxes(servers: u32) -> Machine {
        fabric(&format!(
            "name = \"two\"\ntemplate = \"rail-optimised\"\n[params]\nservers = {servers}\ngpus_per_server = 8\npod_servers = {servers}\nradix = 8\nbandwidth = \"400 Gbps\"\nclass = \"infiniband\"\nnvlink_bandwidth = \"450 GB/s\"\npcie_bandwidth = \"64 GB/s\"\n"
        ))
    }

    fn log(ranks: Option<u32>, hosts: &[u32]) -> Log {
        Log {
            op: Op::AllReduce,
            ranks,
            hosts: hosts
                .iter()
                .enumerate()
                .map(|(at, ranks)| Host { name: format!("node{at}"), ranks: *ranks })
                .collect(),
            device: None,
            per_process: None,
            release: None,
            points: Vec::new(),
            skipped: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn names(machine: &Machine, log: &Log) -> Result<Vec<String>, String> {
        let placed = machine.place("run", log).map_err(|error| error.to_string())?;
        Ok(placed.nodes.iter().map(|node| machine.fabric().node(*node).name.clone()).collect())
    }

    #[test]
    fn hosts_take_the_first_servers() {
        let machine = boxes(2);
        let part = names(&machine, &log(Some(4), &[2, 2])).unwrap();
        let all = names(&machine, &log(None, &[])).unwrap();
        assert_eq!(part, [0, 1, 8, 9].map(|at| all[at].clone()));
        assert_eq!(names(&machine, &log(Some(12), &[])).unwrap(), all[..12]);
        let told = machine.place("run", &log(Some(4), &[2, 2])).unwrap().told;
        assert_eq!(told, "4 of the first 2 servers of two");
    }

    #[test]
    fn hosts_share_a_domain() {
        let machine = fabric("name = \"rack\"\ntemplate = \"nvlink-domain\"\n");
        let part = names(&machine, &log(Some(8), &[4, 4])).unwrap();
        assert_eq!((part.len(), part[7].as_str()), (8, "gpu7"));
        assert_eq!(
            names(&machine, &log(Some(80), &[4; 20])).unwrap_err(),
            "`run` is of 20 hosts, but `rack` has 1 server"
        );
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let machine = boxes(2);
        for (log, told) in [
            (log(Some(24), &[8, 8, 8]), "`run` is of 3 hosts, but `two` has 2 servers"),
            (
                log(Some(10), &[10]),
                "host `node0` of `run` holds 10 ranks, but the next server of `two` has 8 accelerators",
            ),
            (log(Some(24), &[]), "`run` is of 24 ranks, but `two` has 16"),
            (log(Some(1), &[1]), "`run` is of one rank, so nothing is sent"),
        ] {
            assert_eq!(names(&machine, &log).unwrap_err(), told);
        }
    }
}
