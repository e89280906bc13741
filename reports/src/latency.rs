//! Windows of a load run folded into latency by step.

use std::collections::BTreeMap;

use crate::record::Window;

/// What a load run measured of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepLoad {
    /// The step.
    pub step: String,
    /// Exchanges.
    pub count: u64,
    /// Exchanges a second over the seconds in which the step was seen.
    pub rate: f64,
    /// Latency in microseconds: at the quantiles of [`QUANTILES`], then the greatest.
    pub quantiles_us: [u64; QUANTILES.len()],
    /// The greatest latency, in microseconds.
    pub max_us: u64,
    /// Exchanges by status; `0` stands for those without an answer.
    pub statuses: BTreeMap<u16, u64>,
    /// Findings that broke a promise.
    pub broken: u64,
    /// Exchanges of each second, in order.
    pub per_second: Vec<(u64, u64)>,
}

/// The quantiles that every report shows.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

pub(crate) fn by_step(_windows: &[Window]) -> Vec<StepLoad> {
    Vec::new()
}
