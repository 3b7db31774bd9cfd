//! The story: scenes in an order that a machine may live through, and what connects them.

use anyhow::{Context as _, Result};

use super::scene::{self, Scene};

/// One step of the story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act {
    /// What has happened, in the words of the story.
    pub(super) title: &'static str,
    /// What the network is then.
    pub(super) scene: &'static str,
}

/// From beginning to end. Neighbours differ on port 25, so that an agent that noticed nothing is never right.
pub(super) const ACTS: &[Act] = &[
    Act { title: "A new machine, and everything is open.", scene: "open" },
    Act { title: "The platform begins to drop port 25.", scene: "drop25" },
    Act { title: "The subscription is exempted.", scene: "open" },
    Act { title: "A firewall beyond the platform resets port 25.", scene: "firewall25" },
    Act { title: "The firewall is gone, and somebody hardens this machine.", scene: "local25" },
    Act { title: "That is undone, and the carrier's line goes down.", scene: "no-egress" },
    Act { title: "The line is back.", scene: "open" },
];

impl Act {
    /// The scene by its name.
    pub(super) fn scene(&self) -> Result<&'static Scene> {
        scene::named(self.scene)
            .with_context(|| format!("the story has a scene {:?} that does not exist", self.scene))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_scene_and_changes_port_25() {
        let states: Vec<_> = ACTS.iter().map(|act| act.scene().expect("a scene").port_25).collect();
        assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "{states:?}");
    }
}
