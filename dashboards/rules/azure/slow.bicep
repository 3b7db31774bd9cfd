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

resource sortie_slow 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-slow'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT5M'
    rules: [
      {
        record: 'cloud_account:sortie_agents_seen6h:count'
        expression: 'count by (cloud_account_id) ( group by (cloud_account_id, host_id) (last_over_time(sortie_agent_info[6h])) )'
        enabled: true
      }
      {
        record: 'cloud_account:sortie_agents_stalled:count'
        expression: 'count by (cloud_account_id) ( group by (cloud_account_id, host_id) ( time() - sortie_port_last_conclusive_time_seconds > 1800 unless on (host_id, server_port, network_type) sortie_port_status{sortie_port_state=~"no_egress|inconclusive"} == 1 ) ) or 0 * cloud_account:sortie_agents:count'
        enabled: true
      }
      {
        record: 'server_address_port:sortie_probe_failures:ratio_rate10m'
        expression: '( sum by (server_address, server_port, network_type) ( rate(sortie_probe_attempts_total{sortie_target_role=~"subject|anchor",sortie_probe_outcome!~"established|greeted"}[10m]) ) or 0 * sum by (server_address, server_port, network_type) ( rate(sortie_probe_attempts_total{sortie_target_role=~"subject|anchor"}[10m]) ) ) / ( sum by (server_address, server_port, network_type) ( rate(sortie_probe_attempts_total{sortie_target_role=~"subject|anchor"}[10m]) ) > 0 )'
        enabled: true
      }
      {
        record: 'cloud_region_port:sortie_handshake_seconds:mean10m'
        expression: 'sum by (cloud_region, server_port, network_type) ( rate(sortie_probe_handshake_duration_seconds_sum{sortie_target_role=~"subject|anchor"}[10m]) ) / ( sum by (cloud_region, server_port, network_type) ( rate(sortie_probe_handshake_duration_seconds_count{sortie_target_role=~"subject|anchor"}[10m]) ) > 0 )'
        enabled: true
      }
      {
        alert: 'SortieProbesStalled'
        expression: 'cloud_account:sortie_agents_stalled:count / cloud_account:sortie_agents:count > 0.05'
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
          summary: 'Agents of subscription {{ $labels.cloud_account_id }} report and do not probe'
          description: '{{ $value }} (1 is all) of the agents of subscription {{ $labels.cloud_account_id }} report, have a way out, and have not judged a port for half an hour: what they show is old. See their logs and run `sortie doctor` on one; an [agent] interval of half an hour or more would look the same.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieProbesStalled.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieTelemetryDropped'
        expression: 'sum by (cloud_account_id, sortie_signal, reason) ( increase(sortie_spool_dropped_total[15m]) ) > 0'
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
          summary: 'Agents of subscription {{ $labels.cloud_account_id }} have lost {{ $labels.sortie_signal }} ({{ $labels.reason }})'
          description: 'Agents of subscription {{ $labels.cloud_account_id }} gave up {{ $value }} records of {{ $labels.sortie_signal }} within 15 minutes, because of {{ $labels.reason }}. `age` and `size`: the gateway was away for longer than the queue holds. `rejected`: the backend does not want them, see the gateway\'s log. `corrupt` and `memory`: the agents\' disks.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieTelemetryDropped.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieSpoolFilling'
        expression: 'count by (cloud_account_id, sortie_signal) ( sortie_spool_usage_bytes / sortie_spool_limit_bytes > 0.8 ) > 0'
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
          summary: 'Queues of agents of subscription {{ $labels.cloud_account_id }} are almost full ({{ $labels.sortie_signal }})'
          description: '{{ $value }} agents of subscription {{ $labels.cloud_account_id }} have filled more than four fifths of their queue of {{ $labels.sortie_signal }}. When it is full the oldest is dropped. Look why the gateway takes less than they send; [otlp] max_bytes buys time.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieSpoolFilling.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieExportFailing'
        expression: 'sum by (cloud_account_id) (rate(sortie_agent_exports_total{error_type!=""}[15m])) / (sum by (cloud_account_id) (rate(sortie_agent_exports_total[15m])) > 0) > 0.1'
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
          summary: 'Exports of agents of subscription {{ $labels.cloud_account_id }} fail'
          description: '{{ $value }} (1 is all) of the exports of the agents of subscription {{ $labels.cloud_account_id }} fail. What failed waits on their disks. The error is in their logs and as error_type on the board: a token, a certificate, a limit, or a gateway that is too small.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieExportFailing.md'
          dashboard_url: '/d/sortie-agents?var-subscription={{ $labels.cloud_account_id }}'
        }
        actions: ticket
      }
      {
        alert: 'SortieTargetUnreachable'
        expression: 'server_address_port:sortie_probe_failures:ratio_rate10m > 0.8 unless on (server_port, network_type) quantile by (server_port, network_type) (0.5, server_address_port:sortie_probe_failures:ratio_rate10m) > 0.5'
        for: 'PT15M'
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
          summary: '{{ $labels.server_address }} does not answer on port {{ $labels.server_port }} ({{ $labels.network_type }})'
          description: '{{ $value }} (1 is all) of the fleet\'s attempts to reach {{ $labels.server_address }} on port {{ $labels.server_port }} fail, while other destinations answer. It is the destination\'s own fault and no block. If it lasts, take it out of the [[target]] tables.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieTargetUnreachable.md'
          dashboard_url: '/d/sortie-targets?var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}&var-target={{ $labels.server_address }}'
        }
        actions: []
      }
      {
        alert: 'SortieHandshakeSlow'
        expression: 'cloud_region_port:sortie_handshake_seconds:mean10m > 3 * quantile_over_time(0.5, cloud_region_port:sortie_handshake_seconds:mean10m[7d]) and cloud_region_port:sortie_handshake_seconds:mean10m > 0.05 and cloud_region_port:sortie_handshake_seconds:mean10m offset 1d'
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
          summary: 'Handshakes on port {{ $labels.server_port }} ({{ $labels.network_type }}) take long from {{ $labels.cloud_region }}'
          description: 'From {{ $labels.cloud_region }} a handshake on port {{ $labels.server_port }} takes {{ $value }} seconds, more than three times the median of a week. Mail is late and not lost: look for a new detour (a firewall, a proxy) or a loaded NAT.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieHandshakeSlow.md'
          dashboard_url: '/d/sortie-targets?var-port={{ $labels.server_port }}&var-family={{ $labels.network_type }}'
        }
        actions: []
      }
    ]
  }
}
