import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addAdminToken } from '../src/admin/admin-token.js';
import { roles } from '../src/admin/endpoint.js';

const schemathesis = process.env['HQ_SCHEMATHESIS'];
const deadlineMs = 180_000;
/** No 5xx, and no status, type or body that the document does not allow. */
const checks =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';

if (schemathesis === undefined) {
  console.warn('skipped: the fuzzing of the admin API; HQ_SCHEMATHESIS does not name schemathesis'); // eslint-disable-line no-console -- a skip must be loud
  test.skip('the admin API answers as its document says, whatever it is asked', () => undefined);
} else {
  describe('the admin API answers as its document says, whatever it is asked', () => {
    let hq: TestCollector;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'fuzzed-'));
      hq = await startTestCollector({
        settings: { HQ_ADMIN_REQUESTS_PER_MINUTE: '1000000', HQ_ADMIN_REFUSALS_PER_MINUTE: '1000000' },
      });
      for (const storeId of ['s1', 's2']) {
        await hq.admin.createStore({ storeId, region: 'north' });
        await hq.admin.generateToken(storeId);
      }
      await hq.admin.changeRecords('products', [{ id: 'p1', data: {} }]);
      await hq.admin.call('POST', '/resync-rollouts', { scope: { all: true } });
    });
    afterAll(async () => {
      await hq.stop();
      await rm(folder, { recursive: true, force: true });
    });

    test.each(roles)(
      'as %s',
      async (role) => {
        const secret = `${role}-token-of-the-fuzzing`;
        await addAdminToken(hq.database.pool as never, role, role, secret);
        const said = await new Promise<string>((resolve) => {
          execFile(
            schemathesis,
            [
              ...['run', `${hq.url}/openapi.json`, '--include-path-regex', '^/admin/'],
              // It cannot make NDJSON: the uploads have tests of their own.
              ...['--exclude-path', '/admin/v1/entities/{entity}/records'],
              ...['--checks', checks, '--phases', 'coverage,fuzzing', '--max-examples', '15'],
              ...['--seed', '1', '--no-color', '--warnings', 'off', '--suppress-health-check', 'all'],
              ...['--header', `Authorization: Bearer ${secret}`],
            ],
            { cwd: folder, timeout: deadlineMs, maxBuffer: 64 * 1024 * 1024 },
            (error, stdout, stderr) => resolve(error ? `${stdout}\n${stderr}\n${error.message}` : ''),
          );
        });
        expect(said).toBe('');
      },
      deadlineMs,
    );
  });
}
