import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = (name) => fileURLToPath(new URL(name, import.meta.url));
const panels = readdirSync(folder('src/panels'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** One AMD module for the app and one for each panel, each beside its plugin.json, as Grafana loads them. */
export default {
  mode: 'production',
  devtool: 'source-map',
  context: folder('src'),
  entry: {
    module: './module.ts',
    ...Object.fromEntries(panels.map((name) => [`panels/${name}/module`, `./panels/${name}/module.ts`])),
  },
  externals: ['react', 'react-dom', '@grafana/data', '@grafana/runtime'],
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        loader: 'swc-loader',
        options: {
          jsc: {
            parser: { syntax: 'typescript', tsx: true },
            // Grafana gives `react`, and only its newest ones `react/jsx-runtime`.
            transform: { react: { runtime: 'classic' } },
            target: 'es2020',
          },
        },
      },
    ],
  },
  resolve: { extensions: ['.ts', '.tsx'], extensionAlias: { '.js': ['.ts', '.tsx'] } },
  output: {
    path: folder('dist/hqsync-manager-app'),
    filename: '[name].js',
    library: { type: 'amd' },
    uniqueName: 'hqsync-manager-app',
    clean: true,
  },
  performance: { hints: 'error', maxEntrypointSize: 100_000 },
};
