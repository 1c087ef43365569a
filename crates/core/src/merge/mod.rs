//! Values: from files and flags, over the defaults of charts, down into sub-charts.
//!
//! [`set`] and [`literal`] read `--set` and its relatives, [`dependencies`] decides which sub-charts
//! take part, [`coalesce`] lays values over defaults. The result is the `.Values` of every chart.

pub mod coalesce;
pub mod dependencies;
pub mod literal;
pub mod options;
mod serialize;
pub mod set;
