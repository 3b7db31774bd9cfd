//! Units of the sheet, each with the number of decimals that a measurement deserves.

/// How a number is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    symbol: &'static str,
    decimals: usize,
}

/// Of things that are counted one by one.
pub(crate) const COUNT: Unit = Unit { symbol: "", decimals: 0 };
pub(crate) const AN_HOUR: Unit = Unit { symbol: "/h", decimals: 0 };
pub(crate) const A_SECOND: Unit = Unit { symbol: "/s", decimals: 1 };
pub(crate) const BYTES: Unit = Unit { symbol: "B", decimals: 0 };
pub(crate) const MICROSECONDS: Unit = Unit { symbol: "µs", decimals: 1 };
pub(crate) const MILLISECONDS: Unit = Unit { symbol: "ms", decimals: 1 };
pub(crate) const SECONDS: Unit = Unit { symbol: "s", decimals: 2 };
pub(crate) const KIBIBYTES: Unit = Unit { symbol: "KiB", decimals: 1 };
pub(crate) const MEBIBYTES: Unit = Unit { symbol: "MiB", decimals: 2 };
pub(crate) const MEGABYTES: Unit = Unit { symbol: "MB", decimals: 2 };
pub(crate) const PERCENT_OF_AN_INTERVAL: Unit = Unit { symbol: "%", decimals: 1 };
pub(crate) const PERCENT_OF_A_CORE: Unit = Unit { symbol: "%", decimals: 4 };

impl Unit {
    /// A measured value.
    pub(crate) fn show(self, value: f64) -> String {
        format!("{value:.*} {}", self.decimals, self.symbol).trim_end().to_owned()
    }

    /// A limit, which is a round number.
    pub(crate) fn limit(self, value: f64) -> String {
        format!("≤ {value} {}", self.symbol)
    }
}
