/** Alerts of HQ's parts and of the monitoring, whose causes are made beside a chain of two stores. */
export const causedOnWatch: readonly string[] = [
  'HqAlertmanagerClusterIncomplete',
  'HqAlertmanagerNotificationsFailing',
  'HqCollectorStale',
  'HqPrometheusNotificationsFailing',
  'HqPrometheusRuleFailures',
  'HqStoreDuplicateServer',
  'HqStoresUnknown',
];

/** Alerts whose cause cannot be made within minutes; promtool alone fires them. */
export const byPromtoolAlone: Readonly<Record<string, string>> = {
  HqSloSlowBurn: 'half a percent of store-minutes, over hours',
};
