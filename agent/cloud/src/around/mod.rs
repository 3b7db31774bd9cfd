//! What this machine tells of the cloud that it stands in, without asking anybody: DMI, environment and files.

mod app;
mod arc;
mod cloud_init;
mod dmi;

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::claim::word;
use crate::place::{Place, Platform, Provider};

/// The suffix of an API server in Azure Kubernetes Service.
const AKS_DOMAIN: &str = ".azmk8s.io";

/// The signs that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// A service without machines, or without a metadata service: nobody knows more than is told here.
    pub(crate) settled: Option<Place>,
    /// Whose firmware this is.
    pub(crate) maker: Option<Provider>,
    /// What the maker told cloud-init.
    pub(crate) machine: Option<Place>,
    /// A pod whose API server belongs to Azure.
    pub(crate) is_in_aks: bool,
    /// A machine that Azure knows and does not host.
    pub(crate) arc: Option<Place>,
}

impl Surroundings {
    /// As this process finds them now. Reads a few files, none of them from a disk but Arc's.
    pub fn look() -> Self {
        Self::of(Path::new("/"), |name| std::env::var_os(name))
    }

    /// The same, of another root and another environment.
    pub(crate) fn of(root: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| variable(name)?.into_string().ok().filter(|text| !text.is_empty());
        let root = Root(root.to_owned());
        let maker = dmi::maker(&root);
        Self {
            settled: app::place(&variable),
            maker,
            machine: maker.and_then(|maker| cloud_init::place(&root, maker)),
            is_in_aks: variable("KUBERNETES_SERVICE_HOST").is_some_and(|host| host.ends_with(AKS_DOMAIN)),
            arc: arc::place(&root, &variable),
        }
    }

    /// The place, as far as it can be told without asking.
    pub fn place(&self) -> Option<Place> {
        let made = || self.maker.map(|maker| Place::on(maker.machines()));
        let machine = || {
            let place = self.machine.clone().or_else(made)?;
            Some(Place { platform: self.platform(place.platform), ..place })
        };
        let pod = || self.is_in_aks.then(|| Place::on(Platform::Aks));
        // Arc is for machines elsewhere: whoever made this one hosts it.
        self.settled.clone().or_else(machine).or_else(pod).or_else(|| self.arc.clone())
    }

    /// What a virtual machine of this provider is from within.
    pub(crate) fn platform(&self, machine: Platform) -> Platform {
        if machine == Platform::AzureVm && self.is_in_aks { Platform::Aks } else { machine }
    }
}

/// Reads a variable of the environment; one that is empty is absent.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A name out of a variable.
fn name(variable: Variable<'_>, of: &str) -> Option<String> {
    variable(of).as_deref().and_then(word)
}

/// The file system as seen from here.
struct Root(PathBuf);

impl Root {
    /// A file of text; what is longer than any that is asked for is cut.
    fn read(&self, path: &str) -> Option<String> {
        /// The longest is that of cloud-init, which has the user data of a machine several times, and those have 64 KiB.
        const MOST: u64 = 1 << 20;
        let mut text = String::new();
        File::open(self.0.join(path)).ok()?.take(MOST).read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }
}
