//! Results as text tables for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::compare::Comparison;
use super::number::{count, counted, percent, quotient, significant, time};
use super::series::{algorithm, series, shared};
use super::stack;
use crate::result::{Case, Expectation, RunResult};
use crate::units::Bytes;

/// Up to this many cases, each one's busiest links and critical path are shown, not only those of the largest
/// size of each algorithm.
const FEW_CASES: usize = 6;
/// The busiest links shown for a case.
const LINKS_SHOWN: usize = 3;

/// One column: its head and whether it holds numbers.
pub(super) struct Column {
    head: String,
    number: bool,
}

pub(super) fn text(head: &str) -> Column {
    Column { head: head.into(), number: false }
}

pub(super) fn number(head: impl Into<String>) -> Column {
    Column { head: head.into(), number: true }
}

/// What a run found: all cases; then for the largest size of each algorithm (or for each case, if they are
/// few) the busiest links and where the time on the critical path went; then the expectations.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn run(result: &RunResult, width: Option<u16>) -> String {
    let mut out = head(result);
    if result.cases.is_empty() {
        out.push_str("\nno cases\n");
        return out;
    }
    out.push('\n');
    out.push_str(&cases(result, width));
    let shown = detailed(result);
    let links = busiest_links(&shown, width);
    if !links.is_empty() {
        out.push_str("\nbusiest links\n");
        out.push_str(&links);
    }
    out.push_str("\nwhere the time on the critical path went\n");
    out.push_str(&critical_paths(&shown, width));
    if !result.expectations.is_empty() {
        out.push_str("\nexpectations\n");
        out.push_str(&expectations(&result.expectations, width));
    }
    out
}

fn head(result: &RunResult) -> String {
    let fabric = &result.fabric;
    let mut out = String::new();
    if result.title.is_empty() || result.title == result.scenario {
        out.push_str(&format!("{}\n", result.scenario));
    } else {
        out.push_str(&format!("{}: {}\n", result.scenario, result.title));
    }
    out.push_str(&format!(
        "fabric {}: {}, {}, {}\n",
        fabric.name,
        counted(fabric.gpus.into(), "GPU"),
        counted(fabric.nodes.into(), "node"),
        counted(fabric.links.into(), "directed link"),
    ));
    if let Some(own) = &result.stack {
        out.push_str(&format!("stack {}\n", stack::line(own)));
    }
    let mut facts = Vec::new();
    if let Some(engine) = shared(&result.cases, |case| case.engine.as_str()) {
        facts.push(format!("engine {engine}"));
    }
    if let Some(ranks) = shared(&result.cases, |case| case.ranks) {
        facts.push(counted(ranks.into(), "rank"));
    }
    if let Some(steps) = shared(&result.cases, |case| case.steps.as_str()).filter(|steps| !steps.is_empty()) {
        facts.push(if steps == "receipt" { "receipt-driven".into() } else { steps.to_string() });
    }
    facts.push(format!("seed {}", result.seed));
    out.push_str(&facts.join(", "));
    out.push('\n');
    out
}

/// Which optional columns a set of cases needs to be told apart.
struct Needed {
    group: bool,
    engine: bool,
    ranks: bool,
    protocol: bool,
}

impl Needed {
    fn by<'a>(cases: impl IntoIterator<Item = &'a Case> + Clone) -> Self {
        Self {
            group: cases.clone().into_iter().any(|case| !case.group.is_empty()),
            engine: shared(cases.clone(), |case| &case.engine).is_none(),
            ranks: shared(cases.clone(), |case| case.ranks).is_none(),
            protocol: cases.into_iter().any(|case| !case.protocol.is_empty()),
        }
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![text("op")];
        if self.group {
            columns.push(text("group"));
        }
        columns.push(text("algorithm"));
        if self.protocol {
            columns.push(text("protocol"));
        }
        if self.engine {
            columns.push(text("engine"));
        }
        if self.ranks {
            columns.push(number("ranks"));
        }
        columns.push(number("size"));
        columns
    }

    fn cells(&self, case: &Case) -> Vec<String> {
        let mut cells = vec![case.op.clone()];
        if self.group {
            cells.push(case.group.clone());
        }
        cells.push(algorithm(case));
        if self.protocol {
            cells.push(case.protocol.clone());
        }
        if self.engine {
            cells.push(case.engine.clone());
        }
        if self.ranks {
            cells.push(count(case.ranks.into()));
        }
        cells.push(Bytes(case.bytes).to_string());
        cells
    }
}

fn cases(result: &RunResult, width: Option<u16>) -> String {
    let needed = Needed::by(&result.cases);
    let mut columns = needed.columns();
    columns.extend([number("time"), number("algbw\nGB/s"), number("busbw\nGB/s"), number("of bound\n%")]);
    let mut rows = Vec::new();
    for (i, series) in series([result]).iter().enumerate() {
        // An empty line sets series apart; where each has one size only it would only tear the table.
        if i > 0 && series.cases.len() > 1 {
            rows.push(Vec::new());
        }
        for case in &series.cases {
            let mut cells = needed.cells(case);
            cells.extend([
                time(case.time_ps),
                significant(case.algbw_gbps),
                significant(case.busbw_gbps),
                percent(case.bound_percent),
            ]);
            rows.push(cells);
        }
    }
    lay_out(&columns, rows, width)
}

/// The cases to look into; what `auto` chose is left out where the choice itself is there.
fn detailed(result: &RunResult) -> Vec<&Case> {
    let few = result.cases.len() <= FEW_CASES;
    let all = series([result]);
    let mut shown: Vec<&Case> = all
        .iter()
        .flat_map(|series| if few { series.cases.clone() } else { series.largest().into_iter().collect() })
        .collect();
    let twin = |case: &Case, other: &Case| {
        other.requested_algorithm != "auto"
            && (&other.op, &other.group, &other.engine, &other.algorithm, other.bytes, other.time_ps)
                == (&case.op, &case.group, &case.engine, &case.algorithm, case.bytes, case.time_ps)
    };
    let candidates = shown.clone();
    shown.retain(|case| {
        case.requested_algorithm != "auto" || !candidates.iter().any(|other| twin(case, other))
    });
    shown
}

fn busiest_links(shown: &[&Case], width: Option<u16>) -> String {
    let needed = Needed::by(shown.iter().copied());
    let mut columns = needed.columns();
    columns.extend([text("link"), number("bytes"), number("utilisation\n%")]);
    let mut rows = Vec::new();
    for case in shown {
        for (i, link) in case.busiest_links.iter().take(LINKS_SHOWN).enumerate() {
            let mut cells = needed.cells(case);
            if i > 0 {
                cells.iter_mut().for_each(String::clear);
            }
            cells.extend([
                link.link.clone(),
                Bytes(link.bytes).to_string(),
                percent(100.0 * link.utilisation),
            ]);
            rows.push(cells);
        }
    }
    if rows.is_empty() { String::new() } else { lay_out(&columns, rows, width) }
}

fn critical_paths(shown: &[&Case], width: Option<u16>) -> String {
    let needed = Needed::by(shown.iter().copied());
    let launches = shown.iter().any(|case| case.critical_path.launch_ps > 0);
    let mut columns = needed.columns();
    columns.push(number("time"));
    if launches {
        columns.push(number("launch\n%"));
    }
    columns.extend([number("latency\n%"), number("transfer\n%"), number("sharing\n%"), text("bound by")]);
    let rows = shown.iter().map(|case| {
        let path = case.critical_path;
        let parts = [path.launch_ps, path.latency_ps, path.transfer_ps, path.sharing_ps];
        let total = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part));
        let mut cells = needed.cells(case);
        cells.push(time(case.time_ps));
        let shares = parts.iter().map(|part| percent(100.0 * quotient(*part, total)));
        cells.extend(shares.skip(usize::from(!launches)));
        cells.push(case.bound_kind.clone());
        cells
    });
    lay_out(&columns, rows.collect(), width)
}

pub(super) fn expectations(expectations: &[Expectation], width: Option<u16>) -> String {
    let columns = [text(""), text("what"), text("expected"), text("found")];
    let rows = expectations.iter().map(|expectation| {
        vec![
            if expectation.met { "met" } else { "missed" }.into(),
            expectation.what.clone(),
            expectation.expected.clone(),
            expectation.found.clone(),
        ]
    });
    lay_out(&columns, rows.collect(), width)
}

/// Several results side by side: the time of each in each case, and its ratio to the first's.
pub fn compare(results: &[RunResult], width: Option<u16>) -> String {
    let comparison = Comparison::new(results);
    if comparison.rows.is_empty() {
        return "no cases\n".into();
    }
    let rows = &comparison.rows;
    let groups = rows.iter().any(|row| !row.group.is_empty());
    let engines: Vec<&str> =
        results.iter().flat_map(|result| &result.cases).map(|case| case.engine.as_str()).collect();
    let engines_vary =
        results.iter().any(|result| result.cases.windows(2).any(|pair| pair[0].engine != pair[1].engine));
    let mut columns = vec![text("op")];
    if groups {
        columns.push(text("group"));
    }
    columns.push(text("algorithm"));
    if engines_vary {
        columns.push(text("engine"));
    }
    columns.push(number("size"));
    for (i, subject) in comparison.scenarios.iter().enumerate() {
        columns.push(number(format!("{}\ntime", subject.scenario)));
        if i > 0 {
            columns.push(number("\nratio"));
        }
    }
    let mut cells = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let follows = |previous: &super::ComparisonRow| {
            (&previous.op, &previous.group, &previous.requested_algorithm)
                == (&row.op, &row.group, &row.requested_algorithm)
        };
        // Sets algorithms apart, unless each has one size only.
        let alone = rows.get(i + 1).is_none_or(|next| !follows(next));
        if i > 0 && !follows(&rows[i - 1]) && !alone {
            cells.push(Vec::new());
        }
        let mut line = vec![row.op.clone()];
        if groups {
            line.push(row.group.clone());
        }
        line.push(row.requested_algorithm.clone());
        if engines_vary {
            line.push(
                row.results.iter().flatten().next().map(|side| side.engine.clone()).unwrap_or_default(),
            );
        }
        line.push(Bytes(row.bytes).to_string());
        for (i, side) in row.results.iter().enumerate() {
            line.push(side.as_ref().map_or("-".into(), |side| time(side.time_ps)));
            if i > 0 {
                let ratio = side.as_ref().and_then(|side| side.time_ratio);
                line.push(ratio.map_or("-".into(), |ratio| format!("{}x", significant(ratio))));
            }
        }
        cells.push(line);
    }
    let mut out = lay_out(&columns, cells, width);
    let first_engine = engines.first().copied().unwrap_or_default();
    if engines.iter().all(|engine| *engine == first_engine) {
        out.push_str(&format!("\nengine {first_engine}; "));
    } else {
        out.push('\n');
    }
    out.push_str(&format!("ratios are times over those of {}\n", comparison.scenarios[0].scenario));
    for subject in &comparison.scenarios {
        if let Some(own) = &subject.stack {
            out.push_str(&format!("{}: stack {}\n", subject.scenario, stack::line(own)));
        }
    }
    out
}

/// Text to the left, numbers to the right, two spaces between columns, nothing at the ends of lines.
pub(super) fn lay_out(columns: &[Column], rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(20));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    let (heads, units): (Vec<&str>, Vec<&str>) =
        columns.iter().map(|column| column.head.split_once('\n').unwrap_or((&column.head, ""))).unzip();
    if heads.iter().chain(&units).any(|text| !text.is_empty()) {
        table.add_row(heads);
    }
    if units.iter().any(|unit| !unit.is_empty()) {
        table.add_row(units);
    }
    for mut row in rows {
        row.resize(columns.len(), String::new());
        table.add_row(row);
    }
    for (i, column) in columns.iter().enumerate() {
        if let Some(laid_out) = table.column_mut(i) {
            laid_out.set_padding((0, if i + 1 == columns.len() { 0 } else { 2 }));
            if column.number {
                laid_out.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let mut out = String::new();
    for line in table.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
