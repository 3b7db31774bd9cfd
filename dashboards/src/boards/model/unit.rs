//! What a number is, and how it looks.

/// Of what a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// A share, from 0 to 1, drawn against the whole.
    Share,
    /// A share of which little is used: drawn against itself.
    Part,
    /// Short times: of a handshake, of an export.
    Seconds,
    /// Long times: how long ago, how old.
    Age,
    /// Bytes.
    Bytes,
    /// How many each second.
    PerSecond,
    /// How many each minute.
    PerMinute,
}

/// `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub &'static str);

/// The colour of a number: the last step that it reaches, else the ground.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// Below every step.
    pub ground: Colour,
    /// Ascending.
    pub steps: Vec<Step>,
}

/// From a number on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The number.
    pub from: f64,
    /// How it looks.
    pub colour: Colour,
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The number.
    pub code: u32,
    /// Its word.
    pub says: &'static str,
    /// Its colour.
    pub colour: Colour,
}

impl Steps {
    /// One colour for every number.
    pub fn always(ground: Colour) -> Self {
        Self { ground, steps: Vec::new() }
    }

    /// Another colour from a number on.
    #[must_use]
    pub fn then(mut self, from: f64, colour: Colour) -> Self {
        self.steps.push(Step { from, colour });
        self
    }
}
