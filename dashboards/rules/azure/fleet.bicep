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

resource sortie_fleet 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-fleet'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        record: 'cloud_account_region_port_state:sortie_vms:count'
        expression: 'count by (cloud_account_id, cloud_region, server_port, network_type, sortie_port_state) ( sortie_port_status == 1 )'
        enabled: true
      }
      {
        record: 'cloud_account_port_state:sortie_vms:count'
        expression: 'sum by (cloud_account_id, server_port, network_type, sortie_port_state) ( cloud_account_region_port_state:sortie_vms:count )'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_conclusive:count'
        expression: 'sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count{sortie_port_state!~"no_egress|inconclusive"}) or 0 * sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count)'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_blocked:ratio'
        expression: '( sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count{sortie_port_state="platform_blocked"}) or 0 * cloud_account_port:sortie_vms_conclusive:count ) / (cloud_account_port:sortie_vms_conclusive:count > 0)'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_stopped:ratio'
        expression: '( sum by (cloud_account_id, server_port, network_type) (cloud_account_port_state:sortie_vms:count{sortie_port_state=~"platform_blocked|path_blocked|locally_blocked"}) or 0 * cloud_account_port:sortie_vms_conclusive:count ) / (cloud_account_port:sortie_vms_conclusive:count > 0)'
        enabled: true
      }
      {
        record: 'cloud_account_port_expected:sortie_vms:count'
        expression: 'count by (cloud_account_id, server_port, network_type, sortie_expected_state) ( sortie_expectation_status == 1 )'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_blocked_unexpectedly:count'
        expression: 'count by (cloud_account_id, server_port, network_type) ( sortie_port_status{sortie_port_state=~"platform_blocked|path_blocked|locally_blocked"} == 1 and on (host_id, server_port, network_type) sortie_expectation_status{sortie_expected_state="open"} == 1 ) or 0 * sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count)'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_open_unexpectedly:count'
        expression: 'count by (cloud_account_id, server_port, network_type) ( sortie_port_status{sortie_port_state="open"} == 1 and on (host_id, server_port, network_type) sortie_expectation_status{sortie_expected_state="blocked"} == 1 ) or 0 * sum by (cloud_account_id, server_port, network_type) (cloud_account_port_expected:sortie_vms:count)'
        enabled: true
      }
      {
        record: 'cloud_account_region:sortie_agents:count'
        expression: 'count by (cloud_account_id, cloud_region) ( group by (cloud_account_id, cloud_region, host_id) (sortie_agent_info) )'
        enabled: true
      }
      {
        record: 'cloud_account:sortie_agents:count'
        expression: 'count by (cloud_account_id) ( group by (cloud_account_id, host_id) (sortie_agent_info) )'
        enabled: true
      }
      {
        record: 'cloud_account_relay:sortie_vms_unusable:ratio'
        expression: '( count by (cloud_account_id, sortie_relay_name) ( sortie_relay_status{sortie_relay_state="unusable"} == 1 ) or 0 * count by (cloud_account_id, sortie_relay_name) (sortie_relay_status == 1) ) / count by (cloud_account_id, sortie_relay_name) (sortie_relay_status == 1)'
        enabled: true
      }
      {
        record: 'cloud_account_port:sortie_vms_newly_blocked:ratio'
        expression: 'cloud_account_port:sortie_vms_blocked:ratio >= 0.9 and cloud_account_port:sortie_vms_conclusive:count >= 0.7 * max_over_time(cloud_account_port:sortie_vms_conclusive:count[6h]) and sum by (cloud_account_id, server_port, network_type) (max_over_time(cloud_account_port_state:sortie_vms:count{sortie_port_state="open"}[6h])) >= 0.6 * cloud_account_port:sortie_vms_conclusive:count'
        enabled: true
      }
      {
        record: 'cloud_account_region_port:sortie_no_egress:ratio'
        expression: '( sum by (cloud_account_id, cloud_region, server_port, network_type) ( cloud_account_region_port_state:sortie_vms:count{sortie_port_state="no_egress"} ) or 0 * sum by (cloud_account_id, cloud_region, server_port, network_type) (cloud_account_region_port_state:sortie_vms:count) ) / sum by (cloud_account_id, cloud_region, server_port, network_type) (cloud_account_region_port_state:sortie_vms:count)'
        enabled: true
      }
      {
        record: 'cloud_account_region_port:sortie_vms_with_egress:count'
        expression: 'sum by (cloud_account_id, cloud_region, server_port, network_type) ( cloud_account_region_port_state:sortie_vms:count{sortie_port_state!="no_egress"} )'
        enabled: true
      }
      {
        alert: 'SortieSubscriptionPortBlocked'
        expression: '(cloud_account_port:sortie_vms_newly_blocked:ratio > 0) unless on (server_port, network_type) count by (server_port, network_type) (cloud_account_port:sortie_vms_newly_blocked:ratio) >= 3'
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
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) is blocked in subscription {{ $labels.cloud_account_id }}'
          description: 'The platform stops outbound port {{ $labels.server_port }} on {{ $value }} (1 is all) of the VMs of subscription {{ $labels.cloud_account_id }} that can judge it, and most were open within the last six hours. Look for a change of the subscription\'s type or of its network security groups; send through a relay on port 587 meanwhile. This alert ends after six hours although the block may last; where the port is expected to be open, SortieExpectationViolated goes on.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSubscriptionPortBlocked.md'
          dashboard_url: '/d/sortie-subscription?var-subscription={{ $labels.cloud_account_id }}&var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: page
      }
      {
        alert: 'SortieTenantWideBlock'
        expression: 'count by (server_port, network_type) (cloud_account_port:sortie_vms_newly_blocked:ratio) >= 3'
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
          summary: 'Outbound port {{ $labels.server_port }} ({{ $labels.network_type }}) is blocked in {{ $value }} subscriptions at once'
          description: 'The platform has begun to stop outbound port {{ $labels.server_port }} in {{ $value }} subscriptions within six hours. One cause above them is likely: the agreement, a policy of the tenant, or the platform itself. Look there first, and open one support case for all of them.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieTenantWideBlock.md'
          dashboard_url: '/d/sortie-fleet?var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: page
      }
    ]
  }
}
