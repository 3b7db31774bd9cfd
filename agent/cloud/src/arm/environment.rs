//! Which Azure Resource Manager answers for which of Azure's clouds.
//!
//! It refuses to guess: where the cloud has a name that is not known here, nobody gets a token.

/// Names as the metadata service writes `azEnvironment`, and the Resource Manager of each.
const KNOWN: [(&str, &str); 4] = [
    ("AzurePublicCloud", "https://management.azure.com"),
    ("AzureUSGovernmentCloud", "https://management.usgovcloudapi.net"),
    ("AzureChinaCloud", "https://management.chinacloudapi.cn"),
    ("AzureGermanCloud", "https://management.microsoftazure.de"),
];

/// The URL of its Resource Manager. Samples of Microsoft's own write the names in capitals.
pub(super) fn resource_manager(environment: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(environment)).map(|(_, url)| *url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cloud_has_a_resource_manager_of_its_own() {
        for (environment, url) in [
            ("AzurePublicCloud", Some("https://management.azure.com")),
            ("AZUREPUBLICCLOUD", Some("https://management.azure.com")),
            ("azureusgovernmentcloud", Some("https://management.usgovcloudapi.net")),
            ("AzureChinaCloud", Some("https://management.chinacloudapi.cn")),
            ("AzureGermanCloud", Some("https://management.microsoftazure.de")),
            ("AzureStackCloud", None),
            ("AzurePublicCloud ", None),
            ("", None),
        ] {
            assert_eq!(resource_manager(environment), url, "{environment:?}");
        }
    }
}
