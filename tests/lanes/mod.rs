//! How the servers that tests start gather writes: as `serve` does, or as the environment of the
//! run says, in the variables that `serve` itself reads. `make test-lanes` sets them. Tests that
//! are about gathering have settings of their own.

use backstock::config::Combining;

/// The variables of `serve` that count here.
pub const VARIABLES: [&str; 2] = ["BACKSTOCK_LANES", "BACKSTOCK_BATCH_MAX"];

/// How writes are gathered, unless a test says otherwise.
pub fn combining() -> Combining {
    let usual = Combining::default();
    let [lanes_max, batch_max] = VARIABLES.map(|name| {
        let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and no number")))
    });
    Combining {
        lanes_max: lanes_max.unwrap_or(usual.lanes_max),
        batch_max: batch_max.unwrap_or(usual.batch_max),
        ..usual
    }
}
