//! Compares a run's ratios with those that were committed, so that a change that makes the service
//! slow is seen. Ratios only: times for themselves say more of the machine than of the service.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::report::Report;
use super::rounds::compare;
use super::table::Grid;
use super::workload::Workload;

/// The least part of a committed ratio that is still let pass: less than noise explains.
const LEAST: f64 = 0.8;

/// Ratios against an empty call, by the workload's name.
#[derive(Debug)]
pub struct Guard(BTreeMap<String, f64>);

impl Guard {
    /// Reads them: a JSON object such as `{"hot": 0.7}`.
    ///
    /// # Errors
    /// The file cannot be read, or is no such object.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let ratios = serde_json::from_slice(&text)
            .with_context(|| format!("{shown} is no object of ratios, such as {{\"hot\": 0.7}}"))?;
        Ok(Self(ratios))
    }

    /// Compares, as a table, and says whether all is well. A workload that was not measured is not.
    #[must_use]
    pub fn check(&self, report: &Report) -> (Grid, bool) {
        let measured = |name: &str| {
            let of = report.series.iter().find(|series| series.workload.name() == name)?;
            let found =
                compare(&report.series, of.workload, Workload::Empty, |slice| Some(slice.rate()))?;
            Some(found.median)
        };
        self.compare(measured)
    }

    fn compare(&self, measured: impl Fn(&str) -> Option<f64>) -> (Grid, bool) {
        let mut grid = Grid::new(&["guarded", "committed", "least", "now", "so"]);
        let mut all_well = true;
        for (name, committed) in &self.0 {
            let (least, now) = (committed * LEAST, measured(name));
            let well = now.is_some_and(|now| now >= least);
            all_well &= well;
            let verdict = match now {
                None => "not measured",
                Some(_) if well => "well",
                Some(_) => "TOO SLOW",
            };
            let now = now.map_or(String::new(), |now| format!("{now:.3}"));
            let [committed, least] = [*committed, least].map(|ratio| format!("{ratio:.3}"));
            grid.add(vec![name.clone(), committed, least, now, verdict.to_owned()], Some(well));
        }
        (grid, all_well)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard(BTreeMap::from([("hot".to_owned(), 0.5), ("spread".to_owned(), 0.2)]))
    }

    #[test]
    fn noise_passes_and_a_slower_service_does_not() {
        let ratios = |hot: f64| move |name: &str| Some(if name == "hot" { hot } else { 0.2 });
        assert!(guard().compare(ratios(0.41)).1);
        let (grid, well) = guard().compare(ratios(0.39));
        assert!(!well);
        assert!(grid.markdown().contains("| hot | 0.500 | 0.400 | 0.390 | TOO SLOW |"));
    }

    #[test]
    fn what_was_not_measured_does_not_pass() {
        assert!(!guard().compare(|name| (name == "hot").then_some(0.5)).1);
    }
}
