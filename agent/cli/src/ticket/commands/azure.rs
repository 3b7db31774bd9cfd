//! What Azure's control plane is asked by hand: the flag of the interface, its rules and routes, IP flow verify.

use std::net::IpAddr;

use sortie_core::target::Port;

use super::quote::sh;
use crate::ticket::document::{Command, Shell};

/// What a name of a resource may hold; anything else makes no command.
fn is_path(id: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.()".contains(c))
    };
    id.strip_prefix("/subscriptions/").is_some_and(|rest| rest.split('/').all(is_part))
}

/// For a virtual machine that is a resource of its own; those within a scale set have other commands.
fn is_machine(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    id.rsplit('/').nth(1) == Some("virtualmachines") && !id.contains("/virtualmachinescalesets/")
}

pub(super) fn of(resource_id: &str, peer: Option<IpAddr>, port: Port) -> Vec<Command> {
    if !is_path(resource_id) || !is_machine(resource_id) {
        return Vec::new();
    }
    let command = |purpose, line: String| Command { shell: Shell::Azure, purpose, line };
    let mut commands = vec![
        command("the machine of this ticket", format!("VM={}", sh(resource_id))),
        command(
            "its first network interface",
            "NIC=$(az vm show --ids \"$VM\" --query 'networkProfile.networkInterfaces[0].id' --output tsv)"
                .to_owned(),
        ),
        command(
            "whether the platform lets port 25 out of it",
            format!(
                "az resource show --ids \"$NIC\" --api-version {NIC_API} --query properties.allowPort25Out"
            ),
        ),
        command(
            "the security rules that are in force",
            "az network nic list-effective-nsg --ids \"$NIC\"".to_owned(),
        ),
        command(
            "the routes that are in force",
            "az network nic show-effective-route-table --ids \"$NIC\" --output table".to_owned(),
        ),
    ];
    if let Some(peer) = peer {
        commands.extend([
            command(
                "its address within the network",
                "IP=$(az network nic show --ids \"$NIC\" --query 'ipConfigurations[0].privateIPAddress' --output tsv)"
                    .to_owned(),
            ),
            command(
                "IP flow verify: what the security rules do with the port, the platform's own block aside",
                format!(
                    "az network watcher test-ip-flow --vm \"$VM\" --nic \"$NIC\" --direction Outbound --protocol TCP \
                     --local \"$IP:{SOURCE_PORT}\" --remote {peer}:{port}"
                ),
            ),
            command(
                "the next hop to a destination",
                format!("az network watcher show-next-hop --vm \"$VM\" --source-ip \"$IP\" --dest-ip {peer}"),
            ),
        ]);
    }
    commands
}

/// The version of which `allowPort25Out` is known to be told.
const NIC_API: &str = "2024-05-01";
/// IP flow verify wants one; of the range of ephemeral ports, it is like any other.
const SOURCE_PORT: u16 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1";

    fn lines(id: &str) -> usize {
        of(id, Some([203, 0, 113, 25].into()), Port::SMTP).len()
    }

    #[test]
    fn only_a_machine_of_its_own_with_a_proper_id_has_commands() {
        for (id, expected) in [
            (VM.to_owned(), 8),
            (VM.replace("rg-mail", "subscription-1"), 8),
            (VM.replace("rg-mail", "rg (mail)"), 0),
            (VM.replace("mx-1", "mx-1'; rm -rf ~; '"), 0),
            (VM.replace("virtualMachines/mx-1", "virtualMachineScaleSets/mx/virtualMachines/0"), 0),
            (VM.replace("virtualMachines", "disks"), 0),
            ("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc".to_owned(), 0),
            ("/subscriptions/".to_owned(), 0),
        ] {
            assert_eq!(lines(&id), expected, "{id}");
        }
    }
}
