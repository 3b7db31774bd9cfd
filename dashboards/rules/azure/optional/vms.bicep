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

resource sortie_vms 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: 'sortie-vms'
  location: location
  properties: {
    scopes: [ workspaceId ]
    enabled: true
    interval: 'PT1M'
    rules: [
      {
        alert: 'SortieVMPortBlocked'
        expression: 'max by (cloud_account_id, cloud_region, host_id, host_name, server_port, network_type) ( sortie_port_status{sortie_port_state="platform_blocked"} == 1 )'
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
          summary: 'The platform stops port {{ $labels.server_port }} ({{ $labels.network_type }}) on {{ $labels.host_name }}'
          description: 'The platform, or a security group, stops outbound port {{ $labels.server_port }} on {{ $labels.host_name }} ({{ $labels.host_id }}) in subscription {{ $labels.cloud_account_id }}, {{ $labels.cloud_region }}. `sortie report` on the machine shows the evidence.'
          runbook_url: 'https://github.com/sortie-agent/sortie/blob/main/docs/runbooks/SortieVMPortBlocked.md'
          dashboard_url: '/d/sortie-vm?var-subscription={{ $labels.cloud_account_id }}&var-vm={{ $labels.host_name }}'
        }
        actions: []
      }
    ]
  }
}
