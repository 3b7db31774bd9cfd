// Made from dashboards/src/rules: INSTA_UPDATE=always cargo test -p sortie-dashboards writes it anew.

@description('The Azure Monitor workspace that holds the metrics.')
param workspaceId string

@description('Who is told: action groups for critical alerts. Empty tells nobody.')
param pageActionGroupId string = ''

@description('Who is told: action groups for warnings. Empty tells nobody.')
param ticketActionGroupId string = ''

@description('The region of the workspace.')
param location string = resourceGroup().location

var page = empty(pageActionGroupId) ? [] : [ { actionGroupId: pageActionGroupId } ]
var ticket = empty(ticketActionGroupId) ? [] : [ { actionGroupId: ticketActionGroupId } ]

resource sortie_ports 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-ports'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        alert: 'SortieSubscriptionPortUnblocked'
        expression: 'cloud_account_port:sortie_vms_blocked:ratio <= 0.1 and max_over_time(cloud_account_port:sortie_vms_blocked:ratio[6h]) >= 0.9 and cloud_account_port:sortie_vms_conclusive:count >= 0.7 * max_over_time(cloud_account_port:sortie_vms_conclusive:count[6h])'
        for: 'PT10M'
        severity: 4
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'info'
        }
        annotations: {
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) is open again in subscription {{ $labels.cloud_account_id }}'
          description: 'The platform stopped outbound port {{ $labels.server_port }} on nearly all VMs of subscription {{ $labels.cloud_account_id }} within the last six hours and does so on {{ $value }} (1 is all) now. Nothing to do, but to look whether it was expected.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubscriptionPortUnblocked.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: []
      }
      {
        alert: 'SortieSubscriptionPartiallyBlocked'
        expression: '( cloud_account_port:sortie_vms_stopped:ratio - ( sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count{sortie_expected_state="blocked"}) / (cloud_account_port:sortie_vms_conclusive:count > 0) or 0 * cloud_account_port:sortie_vms_conclusive:count ) ) > 0.1 and ( cloud_account_port:sortie_vms_blocked:ratio < 0.9 or sum by (cloud_account_id, server_port, network_type) (max_over_time(cloud_account_port_state:sortie_vms:count{sortie_port_state="open"}[6h])) >= 0.6 * cloud_account_port:sortie_vms_conclusive:count ) and cloud_account_port:sortie_vms_conclusive:count >= 5 unless cloud_account_port:sortie_vms_newly_blocked:ratio > 0'
        for: 'PT30M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) is stopped on some VMs of subscription {{ $labels.cloud_account_id }}'
          description: '{{ $value }} (1 is all) more of the VMs of subscription {{ $labels.cloud_account_id }} are stopped on port {{ $labels.server_port }} than are expected to be, while others are not, or cannot tell: this is not known to be a block of the subscription. Look what the stopped ones have in common: a network security group, a route to a firewall, a local firewall, or no restart since an exemption.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubscriptionPartiallyBlocked.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieIPv6Divergence'
        expression: 'abs( sum by (cloud_account_id, server_port) (cloud_account_port:sortie_vms_blocked:ratio{network_type="ipv6"}) - sum by (cloud_account_id, server_port) (cloud_account_port:sortie_vms_blocked:ratio{network_type="ipv4"}) ) > 0.5'
        for: 'PT30M'
        severity: 4
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'info'
        }
        annotations: {
          summary: 'Port {{ $labels.server_port }} is blocked on one IP family only in subscription {{ $labels.cloud_account_id }}'
          description: 'The shares of VMs that the platform stops on port {{ $labels.server_port }} differ by {{ $value }} (1 is all) between IPv4 and IPv6 in subscription {{ $labels.cloud_account_id }}. Mail may leave by the other family, from an address without a reputation. Compare the security groups of both.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieIPv6Divergence.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}'
        }
        actions: []
      }
      {
        alert: 'SortieExpectationViolated'
        expression: '(cloud_account_port:sortie_vms_blocked_unexpectedly:count / (sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"}) <= cloud_account_port:sortie_vms_conclusive:count or cloud_account_port:sortie_vms_conclusive:count) >= 0.9 and cloud_account_port:sortie_vms_conclusive:count >= 0.5 * sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"}) and sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"}) >= 0.5 * sum by (cloud_account_id, server_port, network_type) (max_over_time(cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"}[1h])) and sum by (cloud_account_id, server_port, network_type) (max_over_time(cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"}[6h] offset 1h)) >= 0.5 * sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count{sortie_expected_state="open"})) unless on (cloud_account_id, server_port, network_type) cloud_account_port:sortie_vms_newly_blocked:ratio > 0'
        for: 'PT15M'
        severity: 1
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'critical'
        }
        annotations: {
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) of subscription {{ $labels.cloud_account_id }} is stopped and should be open'
          description: '{{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} that can judge and are expected to reach port {{ $labels.server_port }} do not. Who stops them stands on the board: the platform, a device on the path, or the machines\' own firewalls. Correct that, or the expectation ([expect] in the agents\' configuration).'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieExpectationViolated.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: page
      }
      {
        alert: 'SortiePortOpenUnexpectedly'
        expression: 'cloud_account_port:sortie_vms_open_unexpectedly:count > 0'
        for: 'PT30M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) is open on VMs of subscription {{ $labels.cloud_account_id }} and should be blocked'
          description: '{{ $value }} VMs of subscription {{ $labels.cloud_account_id }} reach port {{ $labels.server_port }} although they are expected to be blocked. Either a rule that should stop mail does not, or the expectation is wrong: an exemption was granted, or the subscription has another type than the agents know.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortiePortOpenUnexpectedly.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieExemptionNotEffective'
        expression: '(cloud_account_port:sortie_vms_blocked_unexpectedly:count > 0 and on (cloud_account_id, server_port, network_type) cloud_account_port_state:sortie_vms:count{sortie_port_state="platform_blocked"} > 0 unless on (cloud_account_id) sortie_subscription_info{sortie_subscription_type=~"ea|mca-e"}) unless on (cloud_account_id, server_port, network_type) cloud_account_port:sortie_vms_newly_blocked:ratio > 0'
        for: 'PT1H'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'An exemption of port {{ $labels.server_port }} ({{ $labels.network_type }}) is not effective on {{ $value }} VMs of subscription {{ $labels.cloud_account_id }}'
          description: '{{ $value }} VMs of subscription {{ $labels.cloud_account_id }} are still blocked on port {{ $labels.server_port }} although they are expected to be open. A VM takes up an exemption when it is stopped, deallocated and started; a restart from within is not enough. Those that were, and are blocked, stand behind a security group.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieExemptionNotEffective.md'
          dashboard_url: '/d/sortie-exemption?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieRegionNoEgress'
        expression: 'min by (cloud_account_id, cloud_region, network_type) (cloud_account_region_port:sortie_no_egress:ratio) >= 0.9 and on (cloud_account_id, cloud_region) cloud_account_region:sortie_agents:count >= 3 and on (cloud_account_id, cloud_region) cloud_account_region:sortie_agents:count >= 0.7 * max_over_time(cloud_account_region:sortie_agents:count[6h]) and max by (cloud_account_id, cloud_region, network_type) (max_over_time(cloud_account_region_port:sortie_vms_with_egress:count[6h])) >= on (cloud_account_id, cloud_region) group_left () 0.6 * cloud_account_region:sortie_agents:count'
        for: 'PT5M'
        severity: 1
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'critical'
        }
        annotations: {
          summary: 'Nothing leaves {{ $labels.cloud_region }} any more ({{ $labels.network_type }}) in subscription {{ $labels.cloud_account_id }}'
          description: 'On {{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} in {{ $labels.cloud_region }} nothing answers, on no port: their way out is lost, and no block of mail is told by this. Look at the NAT gateway, the public addresses, the routes and the firewall of the region.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieRegionNoEgress.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-family={{ $labels.network_type }}'
        }
        actions: page
      }
      {
        alert: 'SortieVerdictInconclusive'
        expression: 'sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count{sortie_port_state="inconclusive"}) / sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count) > 0.2 and sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count) >= 5'
        for: 'PT30M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'No verdict about port {{ $labels.server_port }} ({{ $labels.network_type }}) on many VMs of subscription {{ $labels.cloud_account_id }}'
          description: '{{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} cannot tell who stops port {{ $labels.server_port }}, or whether anybody does: too few operators answer their controls. Compare the outcomes by destination, and run `sortie doctor` on one of them.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieVerdictInconclusive.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: ticket
      }
    ]
  }
}

resource sortie_subscriptions 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-subscriptions'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        alert: 'SortieSubscriptionTypeChanged'
        expression: 'count by (cloud_account_id) ( group by (cloud_account_id, azure_subscription_quota_id) ( last_over_time(sortie_subscription_info{azure_subscription_quota_id!=""}[2h]) ) ) > 1 or count by (cloud_account_id) ( group by (cloud_account_id, sortie_subscription_type) ( last_over_time(sortie_subscription_info{sortie_subscription_type!="unknown"}[2h]) ) ) > 1'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The type of subscription {{ $labels.cloud_account_id }} has changed'
          description: 'Within two hours the watchers of subscription {{ $labels.cloud_account_id }} told {{ $value }} different types or quota ids. Which types Azure blocks on port 25 tells `sortie knowledge`. A block may follow, at once or when VMs are started again: ask who changed it, before mail stops. The alert ends two hours after the change.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubscriptionTypeChanged.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieSubscriptionTypeUnknown'
        expression: '( group by (cloud_account_id) (sortie_subscription_info{sortie_subscription_type="unknown"}) unless on (cloud_account_id) sortie_subscription_info{sortie_subscription_type!="unknown"} ) or ( group by (cloud_account_id) (last_over_time(sortie_subscription_info[1d])) unless on (cloud_account_id) last_over_time(sortie_subscription_info[1h]) and on (cloud_account_id) cloud_account:sortie_agents:count )'
        for: 'PT1H'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The type of subscription {{ $labels.cloud_account_id }} is not known any more'
          description: 'No watcher of subscription {{ $labels.cloud_account_id }} tells its type: Azure does not let it read the agreement, or no watcher is left. Until then nothing is expected of its port 25 and a change of its type is not noticed. Give a watcher the role Reader and sight of the billing property, or set [expect] subscription.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubscriptionTypeUnknown.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieSubmissionUnavailable'
        expression: 'sum by (cloud_account_id, server_port, network_type) ( cloud_account_port_state:sortie_vms:count{server_port="587",sortie_port_state!~"open|no_egress|inconclusive"} ) / (cloud_account_port:sortie_vms_conclusive:count{server_port="587"} > 0) > 0.5 unless sum by (cloud_account_id, server_port, network_type) ( cloud_account_port_expected:sortie_vms:count{server_port="587",sortie_expected_state="blocked"} ) / (cloud_account_port:sortie_vms_conclusive:count{server_port="587"} > 0) > 0.5'
        for: 'PT15M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Submission on port {{ $labels.server_port }} ({{ $labels.network_type }}) is not available in subscription {{ $labels.cloud_account_id }}'
          description: 'On {{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} port 587 is not simply open: it is stopped, throttled, intercepted or refused. It is the way out that is left where port 25 is blocked. Compare the states on the board; the platform leaves this port alone on Azure.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubmissionUnavailable.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieRelayUnusable'
        expression: 'cloud_account_relay:sortie_vms_unusable:ratio > 0.1'
        for: 'PT30M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Mail cannot be handed to the relay {{ $labels.sortie_relay_name }} from subscription {{ $labels.cloud_account_id }}'
          description: '{{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} cannot use the relay {{ $labels.sortie_relay_name }}. `sortie check` on one of them shows the stage that fails: the name, the connection, TLS, its certificate, or what it offers.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieRelayUnusable.md'
          dashboard_url: '/d/sortie-targets?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
    ]
  }
}

resource sortie_agents 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-agents'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        alert: 'SortieTelemetryAbsent'
        expression: 'absent(sortie_agent_info)'
        for: 'PT10M'
        severity: 1
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'critical'
        }
        annotations: {
          summary: 'No agent reports any more'
          description: 'Not one Sortie agent has been heard for ten minutes: nobody watches mail, and no other alert can come. Look at the gateway, then at the backend. Agents keep what they cannot deliver for a day.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieTelemetryAbsent.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: page
      }
      {
        alert: 'SortieTelemetryStale'
        expression: 'max_over_time(cloud_account:sortie_agents:count[6h]) unless cloud_account:sortie_agents:count and count_over_time(cloud_account:sortie_agents:count[6h:5m]) >= 3'
        for: 'PT10M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'No agent of subscription {{ $labels.cloud_account_id }} reports any more'
          description: 'Up to {{ $value }} agents of subscription {{ $labels.cloud_account_id }} reported within the last six hours and none does now. Either its machines are gone, or their way to the gateway is. The alert ends after six hours.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieTelemetryStale.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieAgentsMissing'
        expression: '1 - cloud_account:sortie_agents:count / max_over_time(min_over_time(cloud_account:sortie_agents:count[1h])[6h:5m]) > 0.05 and max_over_time(min_over_time(cloud_account:sortie_agents:count[1h])[6h:5m]) - cloud_account:sortie_agents:count >= 2'
        for: 'PT15M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: '{{ $value }} (1 is all) of the agents of subscription {{ $labels.cloud_account_id }} are missing'
          description: '{{ $value }} (1 is all) of the agents of subscription {{ $labels.cloud_account_id }} that reported for an hour on end within the last six hours do not now. Machines that were switched off are no fault; of others ask `systemctl status sortie`. The alert ends six hours after the last one was heard.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieAgentsMissing.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieAgentClockWrong'
        expression: 'sum by (cloud_account_id, host_id, host_name) ( increase(sortie_gateway_refused_points_total{reason=~"too_old|future"}[10m]) ) > 0 or sum by (cloud_account_id, host_id, host_name) ( increase(sortie_gateway_late_points_total[10m]) ) > 0'
        for: 'PT10M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The clock of {{ $labels.host_name }} in subscription {{ $labels.cloud_account_id }} is wrong'
          description: 'What {{ $labels.host_name }} ({{ $labels.host_id }}) sends as new is older than five minutes or lies in the future, {{ $value }} points within ten minutes. The gateway refuses what is more than a day old or from the future; the rest is stored in the past. Nothing is known of how this VM stands now until its clock is set: `timedatectl` and its time service. It costs nobody else anything.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieAgentClockWrong.md'
          dashboard_url: '/d/sortie-vm?var-subscription={{ $labels.cloud_account_id }}&var-vm={{ $labels.host_name }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieWatchdog'
        expression: 'vector(1)'
        severity: 4
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT1M'
        }
        labels: {
          severity: 'none'
        }
        annotations: {
          summary: 'Alerts about mail are evaluated and delivered'
          description: 'This alert always fires. Send it to something that calls you when it does not come.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieWatchdog.md'
          dashboard_url: '/d/sortie-fleet'
        }
        actions: []
      }
    ]
  }
}

resource sortie_gateway 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-gateway'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        alert: 'SortieGatewayDown'
        expression: '(count(count by (host_id) (otelcol_process_uptime_seconds_total)) or vector(0)) < max_over_time(min_over_time(count(count by (host_id) (otelcol_process_uptime_seconds_total))[30m:1m])[1h:5m])'
        for: 'PT5M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Fewer gateways run than within the last hour'
          description: '{{ $value }} gateways tell of themselves, and more did for half an hour on end, within the last hour. Agents keep what they cannot deliver for a day. After a deliberate change the alert ends within an hour.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieGatewayDown.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: ticket
      }
      {
        alert: 'SortieGatewayExportFailing'
        expression: 'sum by (exporter) (rate(otelcol_exporter_send_failed_metric_points_total[5m])) / (sum by (exporter) (rate(otelcol_exporter_sent_metric_points_total[5m])) + sum by (exporter) (rate(otelcol_exporter_send_failed_metric_points_total[5m])) > 0) > 0.1 or sum by (exporter) (rate(otelcol_exporter_send_failed_log_records_total[5m])) / (sum by (exporter) (rate(otelcol_exporter_sent_log_records_total[5m])) + sum by (exporter) (rate(otelcol_exporter_send_failed_log_records_total[5m])) > 0) > 0.1'
        for: 'PT10M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The gateway cannot deliver through {{ $labels.exporter }}'
          description: '{{ $value }} (1 is all) of what the gateway sends through {{ $labels.exporter }} is not taken. The gateway\'s log says why: the backend is down, too slow, or refuses. Agents keep and repeat what is not refused for good.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieGatewayExportFailing.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: ticket
      }
      {
        alert: 'SortieGatewayRefusing'
        expression: 'sum by (receiver) (rate(otelcol_receiver_refused_metric_points_total[5m])) > 0 or sum by (receiver) (rate(otelcol_receiver_refused_log_records_total[5m])) > 0'
        for: 'PT10M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The gateway refuses what agents send'
          description: 'The gateway turns away {{ $value }} points or records a second: the backend does not take them, or its own memory is at the limit. Agents repeat them later; when it lasts for a day, they lose them.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieGatewayRefusing.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: ticket
      }
      {
        alert: 'SortieGatewayQueueFilling'
        expression: 'max by (exporter) (otelcol_exporter_queue_size) / (max by (exporter) (otelcol_exporter_queue_capacity) > 0) > 0.8'
        for: 'PT10M'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'The gateway\'s queue before {{ $labels.exporter }} is almost full'
          description: '{{ $value }} (1 is all) of the queue before {{ $labels.exporter }} is taken: the backend answers slower than agents send. Add a gateway or make the backend faster; beyond the queue agents are told to come later.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieGatewayQueueFilling.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: ticket
      }
      {
        alert: 'SortieBacklogRejected'
        expression: 'sum(increase(prometheus_tsdb_too_old_samples_total[15m])) > 0 or sum(increase(prometheus_tsdb_out_of_bound_samples_total[15m])) > 0'
        severity: 3
        enabled: true
        resolveConfiguration: {
          autoResolved: true
          timeToResolve: 'PT15M'
        }
        labels: {
          severity: 'warning'
        }
        annotations: {
          summary: 'Prometheus refuses samples as too old'
          description: 'Prometheus refused {{ $value }} samples within 15 minutes because they are too old, and with each everything else in the same request. Its out_of_order_time_window must be as long as the agents\' [otlp] max_age: see collector-config/prometheus.yaml.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieBacklogRejected.md'
          dashboard_url: '/d/sortie-gateway'
        }
        actions: ticket
      }
    ]
  }
}
