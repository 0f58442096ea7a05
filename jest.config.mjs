/** Tests run the sources of every workspace; those that start a program start its build, which `npm test` makes first. */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/*/tests/**/*.test.ts', '<rootDir>/grafana/app/tests/**/*.test.tsx'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
    '^.+\\.tsx$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: true } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    // Grafana gives them to the app.
    '^@grafana/(data|runtime)$': '<rootDir>/grafana/app/tests/grafana-$1.ts',
    '^@hq-sync/grafana/(.+)$': '<rootDir>/grafana/dashboards-src/$1.ts',
    '^@hq-sync/([^/]+)/(.+)$': '<rootDir>/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  globalSetup: '<rootDir>/testkit/global-setup.mjs',
  globalTeardown: '<rootDir>/testkit/global-teardown.mjs',
  testTimeout: 60_000,
  // One more than most machines' cores: two files wait for minutes, for Prometheus to find a fire and its end.
  maxWorkers: 3,
};
