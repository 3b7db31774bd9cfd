//! A place in a cloud: whose it is, what of it, and the names of the machine there.

/// Who runs the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Microsoft Azure
    Azure,
    /// Amazon Web Services
    Aws,
    /// Google Cloud
    Gcp,
    /// Oracle Cloud Infrastructure
    Oracle,
    /// `DigitalOcean`
    DigitalOcean,
    /// Hetzner Cloud
    Hetzner,
    /// Scaleway
    Scaleway,
}

impl Provider {
    /// Every provider whose metadata service is known.
    pub const ALL: [Self; 7] =
        [Self::Azure, Self::Aws, Self::Gcp, Self::Oracle, Self::DigitalOcean, Self::Hetzner, Self::Scaleway];

    /// `cloud.provider` of the OpenTelemetry semantic conventions, or a word like theirs where they have none.
    pub fn code(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Oracle => "oracle_cloud",
            Self::DigitalOcean => "digitalocean",
            Self::Hetzner => "hetzner",
            Self::Scaleway => "scaleway",
        }
    }

    /// The virtual machines of this provider.
    pub(crate) fn machines(self) -> Platform {
        match self {
            Self::Azure => Platform::AzureVm,
            Self::Aws => Platform::Ec2,
            Self::Gcp => Platform::ComputeEngine,
            Self::Oracle => Platform::OracleCompute,
            Self::DigitalOcean => Platform::Droplet,
            Self::Hetzner => Platform::HetznerServer,
            Self::Scaleway => Platform::ScalewayInstance,
        }
    }
}

/// What of the cloud the agent runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A virtual machine, in a scale set or alone.
    AzureVm,
    /// A node or a pod of Azure Kubernetes Service.
    Aks,
    /// An app, in an App Service Environment or not.
    AppService,
    /// A function app.
    Functions,
    /// Azure Container Apps.
    ContainerApps,
    /// Azure Container Instances.
    ContainerInstances,
    /// A machine that Azure knows and does not host.
    Arc,
    /// An EC2 instance.
    Ec2,
    /// A Compute Engine instance.
    ComputeEngine,
    /// An instance of Oracle Cloud.
    OracleCompute,
    /// A droplet of `DigitalOcean`.
    Droplet,
    /// A server of Hetzner Cloud.
    HetznerServer,
    /// An instance of Scaleway.
    ScalewayInstance,
}

impl Platform {
    /// `cloud.platform` of the OpenTelemetry semantic conventions 1.44, or a word like theirs where they have none.
    pub fn code(self) -> &'static str {
        match self {
            Self::AzureVm => "azure.vm",
            Self::Aks => "azure.aks",
            Self::AppService => "azure.app_service",
            Self::Functions => "azure.functions",
            Self::ContainerApps => "azure.container_apps",
            Self::ContainerInstances => "azure.container_instances",
            Self::Arc => "azure.arc",
            Self::Ec2 => "aws_ec2",
            Self::ComputeEngine => "gcp_compute_engine",
            Self::OracleCompute => "oracle_cloud_compute",
            Self::Droplet => "digitalocean.droplet",
            Self::HetznerServer => "hetzner.cloud_server",
            Self::ScalewayInstance => "scaleway.instance",
        }
    }

    /// Whose it is.
    pub fn provider(self) -> Provider {
        match self {
            Self::AzureVm
            | Self::Aks
            | Self::AppService
            | Self::Functions
            | Self::ContainerApps
            | Self::ContainerInstances
            | Self::Arc => Provider::Azure,
            Self::Ec2 => Provider::Aws,
            Self::ComputeEngine => Provider::Gcp,
            Self::OracleCompute => Provider::Oracle,
            Self::Droplet => Provider::DigitalOcean,
            Self::HetznerServer => Provider::Hetzner,
            Self::ScalewayInstance => Provider::Scaleway,
        }
    }

    /// Whether packets of this machine leave through the provider's network.
    pub fn is_hosted(self) -> bool {
        self != Self::Arc
    }
}

/// Where this machine stands. What is not known is absent, never invented; every text is printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What of which cloud.
    pub platform: Platform,
    /// The name by which the cloud knows the machine, whole.
    pub resource_id: Option<String>,
    /// The machine itself.
    pub vm_id: Option<String>,
    /// The subscription, account, project or tenancy that pays.
    pub account_id: Option<String>,
    /// `AzureUSGovernmentCloud`, where the provider runs more than one cloud.
    pub environment: Option<String>,
    /// `westeurope`
    pub region: Option<String>,
    /// Within the region.
    pub zone: Option<String>,
    /// `Standard_D2s_v5`
    pub size: Option<String>,
    /// The scale set that the machine belongs to, uniform or flexible.
    pub scale_set: Option<String>,
    /// One sentence, where the provider does not support port 25 here.
    pub unsupported: Option<&'static str>,
}

impl Place {
    /// Nothing is known but the platform.
    pub fn on(platform: Platform) -> Self {
        Self {
            platform,
            resource_id: None,
            vm_id: None,
            account_id: None,
            environment: None,
            region: None,
            zone: None,
            size: None,
            scale_set: None,
            unsupported: None,
        }
    }
}
