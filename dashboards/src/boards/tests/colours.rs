//! Colours are those of the page, and told apart by everybody.

use super::model::Colour;
use super::*;
use crate::boards::palette::{BAD, CALM, DIM, GOOD, WARN};

const PAGE: &str = include_str!("../../../../agent/cli/src/page/assets/page.css");
const REGISTRY: &str = include_str!("../../../../docs/telemetry.json");

const TONES: [(&str, Colour); 5] =
    [("good", GOOD), ("bad", BAD), ("warn", WARN), ("dim", DIM), ("calm", CALM)];

/// Three rows of a matrix over linear red, green and blue.
type Vision = [[f64; 3]; 3];

/// How full colour vision, and that without one kind of cones, mixes colours (Machado, Oliveira, Fernandes 2009).
const VISIONS: [(&str, Vision); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// Distance in `OKLab` below which areas beside each other are taken for one: about four times what is just noticeable.
const TOLD_APART: f64 = 0.08;

#[test]
fn tones_are_those_of_the_page() {
    for (tone, Colour(colour)) in TONES {
        assert!(PAGE.contains(&format!("--{tone}: {colour};")), "{tone} {colour}");
    }
}

#[test]
fn tones_are_told_apart_by_every_kind_of_eyes() {
    for (vision, mixes) in VISIONS {
        for (place, (one, first)) in TONES.into_iter().enumerate() {
            for (other, second) in TONES.into_iter().skip(place + 1) {
                let (a, b) = (seen(first, &mixes), seen(second, &mixes));
                let apart = (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt();
                assert!(apart > TOLD_APART, "{vision}: {one} and {other} are {apart:.3} apart");
            }
        }
    }
}

#[test]
fn every_state_of_the_registry_has_a_word_and_a_colour() {
    let registry: serde_json::Value = serde_json::from_str(REGISTRY).expect("made by a program");
    let attributes = registry["attributes"].as_array().expect("attributes");
    let states = attributes.iter().find(|one| one["label"] == "sortie_port_state").expect("the attribute");
    let registered: Vec<_> =
        states["values"].as_array().into_iter().flatten().filter_map(|word| word.as_str()).collect();
    let mut known: Vec<_> = states::STATES.map(|(state, ..)| state).to_vec();
    let grouped =
        ["open", states::STOPPED, states::HINDERED, states::UNDECIDED].map(|group| group.split('|'));
    let mut in_groups: Vec<_> = grouped.into_iter().flatten().collect();
    let mut registered = registered;
    for words in [&mut known, &mut in_groups, &mut registered] {
        words.sort_unstable();
    }
    assert_eq!(known, registered);
    assert_eq!(in_groups, registered);
}

#[test]
fn no_two_states_look_the_same() {
    let mut colours = states::STATES.map(|(.., Colour(colour))| colour);
    colours.sort_unstable();
    assert!(colours.windows(2).all(|pair| pair[0] != pair[1]), "{colours:?}");
}

/// A colour in `OKLab`, as these eyes see it.
fn seen(Colour(colour): Colour, vision: &Vision) -> [f64; 3] {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("#rrggbb");
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let linear = [channel(1), channel(3), channel(5)];
    let mixed = times(vision, linear).map(|value| value.clamp(0.0, 1.0));
    // Björn Ottosson, "A perceptual color space for image processing" (2020).
    let cones = times(
        &[
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ],
        mixed,
    );
    times(
        &[
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ],
        cones.map(f64::cbrt),
    )
}

fn times(matrix: &Vision, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(factor, value)| factor * value).sum())
}
