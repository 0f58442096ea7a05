import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { errors, errorKinds, kindAdvice } from '../src/error-code.js';
import { initialEntities } from '../src/entity.js';
import { wireSchemas } from '../src/json-schema.js';
import { hqMessage } from '../src/hq-message.js';
import { limits } from '../src/limits.js';
import { differingTotal, type Sale } from '../src/sale.js';
import { storeMessage } from '../src/store-message.js';
import { wireVersion } from '../src/version.js';
import { wireHash } from '../src/wire-hash.js';

/** The wire of each version, for ever. A change of the wire needs a new version and a new line here. */
const hashes: Record<number, string> = {
  1: '564c9da000622fa8',
};

test('the wire does not change without its version', () => {
  expect({ version: wireVersion, hash: wireHash() }).toEqual({
    version: wireVersion,
    hash: hashes[wireVersion],
  });
});

test('the committed JSON Schemas are those of the validators', () => {
  for (const [name, schema] of Object.entries(wireSchemas())) {
    const committed = JSON.parse(
      readFileSync(new URL(`../../docs/schemas/${name}.json`, import.meta.url), 'utf8'),
    ) as object;
    expect(committed).toEqual(JSON.parse(JSON.stringify(schema)));
  }
});

describe('docs/protocol.md', () => {
  const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

  test('has every error code with its status or close code, and what to do', () => {
    for (const [code, { status, close, advice }] of Object.entries(errors) as [
      string,
      { status?: number; close?: number; advice: string },
    ][]) {
      const row = document.split('\n').find((line) => line.startsWith(`| \`${code}\``));
      expect([code, row]).toEqual([code, expect.stringContaining(advice)]);
      for (const number of [status, close])
        if (number !== undefined)
          expect([code, row]).toEqual([code, expect.stringContaining(String(number))]);
    }
  });

  test('has every limit with its value', () => {
    for (const [name, value] of Object.entries(limits))
      expect(document).toMatch(new RegExp(`\\| \`${name}\` +\\| ${value} +\\|`));
  });

  test('has every field of every frame', () => {
    for (const option of [...storeMessage.options, ...hqMessage.options]) {
      const type = option.shape.type.value;
      const section = document.split(/^### /m).find((part) => part.startsWith(`\`${type}\``));
      expect([type, section !== undefined]).toEqual([type, true]);
      for (const field of Object.keys(option.shape))
        if (field !== 'type')
          expect([type, field, section!.includes(`\`${field}\``)]).toEqual([type, field, true]);
    }
  });

  test('has an example of every frame, and each one is valid', () => {
    const examples = [...document.matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, text]) => JSON.parse(text!) as { type?: string },
    );
    const seen = new Set<string>();
    for (const example of examples.filter((one) => one.type !== undefined && !one.type.startsWith('urn:'))) {
      const parsed = [storeMessage.safeParse(example), hqMessage.safeParse(example)].find(
        (result) => result.success,
      );
      expect([example.type, parsed?.success]).toEqual([example.type, true]);
      seen.add(example.type!);
    }
    const types = [...storeMessage.options, ...hqMessage.options].map((option) => option.shape.type.value);
    expect([...seen].sort()).toEqual([...types].sort());
  });
});

test('every kind of error has advice, and every retryable answer is one', () => {
  for (const kind of errorKinds) expect(kindAdvice[kind].person).not.toBe('');
  expect(new Set(Object.values(errors).flatMap((error) => ('kind' in error ? [error.kind] : [])))).toEqual(
    new Set(errorKinds),
  );
});

test('the entities of a new HQ are those of its first migration', () => {
  const migration = readFileSync(
    new URL('../../hq-collector/migrations/0001_core.sql', import.meta.url),
    'utf8',
  );
  for (const { name, direction } of initialEntities)
    expect(migration).toContain(`('${name}', '${direction}')`);
});

test('a sale names the first amount whose lines do not add up', () => {
  const line = { productId: 'p', quantity: 0, grossMinor: 5, discountMinor: 1, taxMinor: 2 };
  const sale = { lines: [line, line], grossMinor: 10, discountMinor: 2, taxMinor: 4 } as unknown as Sale;
  expect(differingTotal(sale)).toBeUndefined();
  expect(differingTotal({ ...sale, discountMinor: 3 })).toBe('discountMinor');
});
