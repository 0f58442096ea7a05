/** One step of a record's schema: from version `from` to the next. */
interface SchemaStep {
  readonly from: number;
  upgrade(entity: string, data: Record<string, unknown>): Record<string, unknown>;
}

const steps: readonly SchemaStep[] = [
  {
    // version 1 had no returns, so whatever has no kind was a sale
    from: 1,
    upgrade: (entity, data) =>
      entity === 'sales' && data.kind === undefined ? { kind: 'sale', ...data } : data,
  },
];

/**
 * The version in which a record queued as `from` is sent by an agent of version `to`: the newest that the steps
 * reach. A record newer than the agent (it was downgraded) is sent as it is.
 */
export function outgoingVersion(from: number, to: number): number {
  let version = from;
  while (version < to && steps.some((step) => step.from === version)) version += 1;
  return version;
}

/** The record's data in version `to`, which is an {@link outgoingVersion} of `from`. The argument is not changed. */
export function upgradeData(
  entity: string,
  data: Record<string, unknown>,
  from: number,
  to: number,
): Record<string, unknown> {
  let upgraded = data;
  for (let version = from; version < to; version += 1) {
    const step = steps.find((candidate) => candidate.from === version);
    if (step !== undefined) upgraded = step.upgrade(entity, upgraded);
  }
  return upgraded;
}
