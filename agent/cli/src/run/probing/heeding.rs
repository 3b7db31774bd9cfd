//! What the cloud and the relays have told beside probing: onto the disk first, then into everything that is shown.

use std::time::SystemTime;

use sortie_core::report::Cloud;

use super::Probing;
use crate::cloud;
use crate::relays::asked;
use crate::run::log;
use crate::run::memory::Entry;

impl Probing<'_> {
    /// Heeds what the cloud has told meanwhile: onto the disk first, then into everything that is shown.
    pub(super) async fn heed_cloud(&mut self) {
        let mut entry = Entry::new();
        if self.learn(&mut entry) {
            self.memory.keep(entry).await;
        }
    }

    /// Heeds how the relays stand by now: what is raised about them is on the disk before it is shown.
    pub(super) async fn heed_relays(&mut self) {
        let heard = self.relays.borrow_and_update().clone();
        let spoken = if heard.round == self.heard.round { &[][..] } else { &heard.relays };
        let configured = asked(&self.config);
        let required: Vec<_> = configured.iter().filter(|r| r.required).map(|r| r.name.as_str()).collect();
        let before = self.machine.relays.clone();
        let mut entry = Entry::new();
        for news in self.machine.hear(&required, spoken) {
            log::relay(&news);
            self.telling().relay_turned(&mut entry, &news);
        }
        if self.machine.relays != before {
            entry.machine(&self.machine);
            self.memory.keep(entry).await;
        }
        self.heard = heard;
    }

    /// Takes what is known of the cloud by now, and says whether something is to be kept.
    pub(super) fn learn(&mut self, entry: &mut Entry) -> bool {
        let told = self.told.borrow_and_update().clone();
        let cloud = cloud::known_by_now(&self.config, told, self.machine.cloud.as_ref());
        let news = self.machine.learn(&self.config, cloud, SystemTime::now());
        if let Some(change) = &news.change {
            log::subscription(change);
            self.telling().subscription_changed(entry, change);
        }
        self.telling().subscription_turned(entry, news.turn, news.change.as_ref());
        if news.is_other {
            self.telemetry.identify(cloud::identity(self.machine.cloud.as_ref()));
            self.jury.heed(self.machine.cloud.as_ref().and_then(Cloud::detour).as_deref());
            entry.machine(&self.machine);
        }
        news.is_other
    }
}
