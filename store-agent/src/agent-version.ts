import { readFileSync } from 'node:fs';

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** What the hello says unless the agent's options say otherwise. */
export const ownAgentVersion = `store-agent/${packageJson.version}`;
