/** Appended to alertmanager.yml: ways to be told, each with its secret in a file of its own. */
export const commentedReceivers = `
# As it stands nobody is told: alerts are seen in Alertmanager and Grafana alone, and no secret is needed. To be told, keep
# a copy of this file and give its receivers one or more of these. Secrets are files that only Alertmanager may read; where a
# field has no *_file in your version, the whole file is the secret.
#
# - name: hq-page
#   pagerduty_configs:
#   - routing_key_file: /etc/alertmanager/secrets/pagerduty-key
#     description: '{{ template "hq.subject" . }}'
#     details: { text: '{{ template "hq.text" . }}' }
#   email_configs:
#   - to: on-call@example.com
#     from: alertmanager@example.com
#     smarthost: mail.example.com:587
#     auth_username: alertmanager
#     auth_password_file: /etc/alertmanager/secrets/smtp-password
#     send_resolved: true
#     headers: { Subject: '{{ template "hq.subject" . }}' }
#     text: '{{ template "hq.text" . }}'
#     html: '{{ template "hq.html" . }}'
# - name: hq-chat
#   slack_configs:
#   - api_url_file: /etc/alertmanager/secrets/slack-url
#     channel: '#hq-stores'
#     send_resolved: true
#     title: '{{ template "hq.subject" . }}'
#     text: '{{ template "hq.text" . }}'
# - name: hq-watchdog
#   webhook_configs:
#   - url: https://dead-mans-switch.example.com/hq # url_file from Alertmanager 0.26 on
#     send_resolved: false
#
# Critical alerts of a region's stores go to a receiver of their own with a route before the last:
#
#   - receiver: hq-page-north
#     matchers: ['severity="critical"', 'region="north"']
#     repeat_interval: 4h
`;

/** Appended to prometheus.yml. */
export const commentedDiscovery = `
# \${HQ_GRAFANA_URL} and \${HQ_RUNBOOKS_URL} make the links of the alerts. They are read from the environment of Prometheus: before
# version 3 with --enable-feature=expand-external-labels. Prometheus 2.42 or newer is needed (keep_firing_for), and for the
# objective over 30 days --storage.tsdb.retention.time=35d.
#
# Addresses are in targets/*.yml. Replicas behind a name in DNS are found by themselves with this in job hq-collector:
#
#   dns_sd_configs:
#   - names: [hq-collector]
#     type: A
#     port: 8080
`;
