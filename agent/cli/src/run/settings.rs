//! The configuration in use, for tasks that begin anew when their part of it changes.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;

/// Waits until the configuration is another one.
pub(super) async fn changed(settings: &mut watch::Receiver<Arc<Config>>, is_other: impl Fn(&Config) -> bool) {
    if settings.wait_for(|config| is_other(config)).await.is_err() {
        std::future::pending::<()>().await;
    }
}
