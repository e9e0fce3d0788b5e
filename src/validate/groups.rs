//! Files and points in groups: by generation and collective, by servers, by size, and all.

use std::collections::BTreeMap;

use super::errors::{Errors, worst};
use crate::result::{FileScore, GroupBy, GroupScore, GroupWorst, PointPrediction, SizeBand, Standing};

/// What the members of a group share; in the order that groups are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    by: GroupBy,
    standing: Standing,
    generation: Option<&'a str>,
    collective: Option<&'a str>,
    servers: Option<u32>,
    sizes: Option<SizeBand>,
}

/// The points of each file in a group, files in their order.
pub(super) type Members<'a> = Vec<(&'a FileScore, Vec<&'a PointPrediction>)>;

/// All groups that have a point.
pub(super) fn groups(files: &[FileScore]) -> Vec<GroupScore> {
    let mut groups: BTreeMap<Key<'_>, Members<'_>> = BTreeMap::new();
    for file in files {
        let all = Key {
            by: GroupBy::All,
            standing: file.standing,
            generation: None,
            collective: None,
            servers: None,
            sizes: None,
        };
        let collective = Key {
            by: GroupBy::Collective,
            generation: Some(&file.run.generation),
            collective: Some(&file.run.collective),
            ..all
        };
        let servers = Key { by: GroupBy::Servers, servers: Some(file.run.servers), ..collective };
        for key in [all, collective, servers] {
            groups.entry(key).or_default().push((file, file.points.iter().collect()));
        }
        let mut bands: BTreeMap<SizeBand, Vec<&PointPrediction>> = BTreeMap::new();
        for point in &file.points {
            bands.entry(SizeBand::of(point.bytes)).or_default().push(point);
        }
        for (band, points) in bands {
            let key = Key { by: GroupBy::Sizes, sizes: Some(band), ..collective };
            groups.entry(key).or_default().push((file, points));
        }
    }
    groups.into_iter().filter_map(|(key, members)| group(key, &members)).collect()
}

fn group(key: Key<'_>, members: &Members<'_>) -> Option<GroupScore> {
    let means = Means::of(members)?;
    let points = members.iter().flat_map(|(file, points)| points.iter().map(|point| (&file.run.id, *point)));
    let (id, worst) = worst(points, |(_, point)| point.error_pct())?;
    Some(GroupScore {
        by: key.by,
        standing: key.standing,
        generation: key.generation.map(str::to_string),
        collective: key.collective.map(str::to_string),
        servers: key.servers,
        sizes: key.sizes,
        files: means.files,
        points: means.points,
        mape_pct_over_points: means.mape_over_points,
        mape_pct_over_files: means.mape_over_files,
        bias_pct_over_points: means.bias_over_points,
        bias_pct_over_files: means.bias_over_files,
        worst: GroupWorst {
            id: id.clone(),
            bytes: worst.bytes,
            algorithm: worst.algorithm.clone(),
            error_pct: worst.error_pct(),
        },
    })
}

/// The two means of the two errors over some points of some files, in percent.
pub(super) struct Means {
    pub(super) files: u32,
    pub(super) points: u32,
    pub(super) mape_over_points: f64,
    pub(super) mape_over_files: f64,
    pub(super) bias_over_points: f64,
    pub(super) bias_over_files: f64,
}

impl Means {
    /// `None` where there is no point.
    pub(super) fn of(members: &Members<'_>) -> Option<Self> {
        let all = members.iter().flat_map(|(_, points)| points);
        let over_points = Errors::over(all.map(|point| point.error_pct()))?;
        let of_file =
            |points: &[&PointPrediction]| Errors::over(points.iter().map(|point| point.error_pct()));
        let of_files: Vec<Errors> = members.iter().filter_map(|(_, points)| of_file(points)).collect();
        let files = u32::try_from(of_files.len()).unwrap_or(u32::MAX);
        let points: usize = members.iter().map(|(_, points)| points.len()).sum();
        Some(Self {
            files,
            points: u32::try_from(points).unwrap_or(u32::MAX),
            mape_over_points: over_points.mape_pct,
            mape_over_files: of_files.iter().map(|errors| errors.mape_pct).sum::<f64>() / f64::from(files),
            bias_over_points: over_points.bias_pct,
            bias_over_files: of_files.iter().map(|errors| errors.bias_pct).sum::<f64>() / f64::from(files),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::synthetic::{file, scored};

    #[test]
    fn means_over_points_and_over_files_differ() {
        let files = scored(vec![
            file(
                "a",
                "A100",
                "all_reduce",
                &[(1 << 10, 10.0, 11.0), (1 << 26, 10.0, 11.0), (1 << 27, 10.0, 11.0)],
            ),
            file("b", "A100", "all_reduce", &[(1 << 26, 10.0, 5.0)]),
        ]);
        let groups = groups(&files);
        let all = groups.iter().find(|group| group.by == GroupBy::All).unwrap();
        assert_eq!((all.files, all.points), (2, 4));
        assert!((all.mape_pct_over_points - 20.0).abs() < 1e-9);
        assert!((all.mape_pct_over_files - 30.0).abs() < 1e-9);
        assert!((all.bias_pct_over_points + 5.0).abs() < 1e-9);
        assert!((all.bias_pct_over_files + 20.0).abs() < 1e-9);
        assert_eq!((all.worst.id.as_str(), all.worst.error_pct), ("b", -50.0));
        let large = groups.iter().find(|group| group.sizes == Some(SizeBand::Large)).unwrap();
        assert_eq!((large.files, large.points), (2, 3));
        let tiny = groups.iter().find(|group| group.sizes == Some(SizeBand::Tiny)).unwrap();
        assert_eq!((tiny.files, tiny.points), (1, 1));
    }

    #[test]
    fn what_is_doubtful_is_in_groups_of_its_own() {
        let mut doubtful = file("b", "A100", "all_reduce", &[(1 << 26, 10.0, 5.0)]);
        doubtful.run.trust = "C".into();
        let mut far = file("c", "A100", "all_reduce", &[(1 << 26, 10.0, 9.0)]);
        far.run.servers = 4;
        let files = scored(vec![file("a", "A100", "all_reduce", &[(1 << 26, 10.0, 11.0)]), doubtful, far]);
        let told: Vec<(&str, Standing, Option<u32>, u32)> = groups(&files)
            .iter()
            .map(|group| (group.by.name(), group.standing, group.servers, group.files))
            .collect();
        assert_eq!(
            told,
            [
                ("collective", Standing::Judged, None, 2),
                ("collective", Standing::Doubtful, None, 1),
                ("servers", Standing::Judged, Some(1), 1),
                ("servers", Standing::Judged, Some(4), 1),
                ("servers", Standing::Doubtful, Some(1), 1),
                ("sizes", Standing::Judged, None, 2),
                ("sizes", Standing::Doubtful, None, 1),
                ("all", Standing::Judged, None, 2),
                ("all", Standing::Doubtful, None, 1),
            ]
        );
    }

    #[test]
    fn bands_begin_at_their_lower_end() {
        let edges = [0, (1 << 16) - 1, 1 << 16, (1 << 20) - 1, 1 << 20, (1 << 26) - 1, 1 << 26, u64::MAX];
        use SizeBand::{Large, Middle, Small, Tiny};
        assert_eq!(edges.map(SizeBand::of), [Tiny, Tiny, Small, Small, Middle, Middle, Large, Large]);
    }
}
