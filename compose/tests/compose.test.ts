import { describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Service {
  image: string;
  user?: string;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  ports?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  deploy: { resources: { limits: { memory: string; cpus: string; pids: number } } };
  volumes?: string[];
}
const file = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
};
const services = Object.entries(file.services);

/** A checker that is not there is said loudly and its test counts as skipped. */
function testWith(program: string | undefined, name: string, body: (program: string) => void): void {
  if (program !== undefined) return test(name, () => body(program));
  console.warn(`skipped: ${name}`); // eslint-disable-line no-console -- a skip must be loud
  test.skip(name, () => undefined);
}
const onPath = (name: string): string | undefined =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim() || undefined;

describe('docker-compose.yml', () => {
  test.each(services)(
    '%s runs pinned, unprivileged, bounded, and says whether it is well',
    (name, service) => {
      expect(service.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      const { memory, cpus, pids } = service.deploy.resources.limits;
      expect([memory, cpus, pids].every(Boolean)).toBe(true);
      // The collector's image has its user and its check in the Dockerfile; one job ends by itself.
      if (!service.image.startsWith('hq-sync/'))
        expect(service.user).toMatch(/^(postgres|nobody|grafana|65534)$/);
      if (!service.image.startsWith('hq-sync/') && name !== 'reader-role')
        expect(service.healthcheck?.test).toBeDefined();
    },
  );

  test('only the stores and the people at Grafana get in from outside', () => {
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['collector', 'grafana']);
  });

  test('no secret is in a file of the repository or in an environment', () => {
    for (const [name, { environment = {} }] of services)
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|PASS|TOKEN|SECRET/.test(variable))
          expect([name, value]).toEqual([name, expect.stringMatching(/^\/run\/secrets\//)]);
        expect([name, value]).not.toEqual([name, expect.stringMatching(/:\/\/[^/]*:[^/]*@/)]);
      }
    for (const { file: secret } of Object.values(file.secrets))
      expect(secret).toMatch(/^\.\/compose\/secrets\//);
    const ignored = readFileSync(path.join(root, '.gitignore'), 'utf8');
    expect(ignored).toContain('compose/secrets/');
  });

  test('every file that it mounts is there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0]!),
    );
    expect(mounted.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  testWith(process.env['HQ_COMPOSE'] ?? onPath('docker-compose'), 'compose itself takes it', (compose) => {
    execFileSync(compose, ['-f', 'docker-compose.yml', '--profile', 'demo', 'config', '--quiet'], {
      cwd: root,
    });
  });
});

testWith(
  process.env['HQ_HADOLINT'] ?? onPath('hadolint'),
  'hadolint finds nothing in the Dockerfile',
  (hadolint) => {
    expect(spawnSync(hadolint, ['Dockerfile'], { cwd: root, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
    });
  },
);
