import type { LocalCommand } from '../command.js';
import { changeProfile, readSettings, type Setting } from '../config.js';
import { usage } from '../exit-code.js';
import { render } from '../output/render.js';
import { card } from '../output/view.js';

export const config: readonly LocalCommand[] = [
  {
    words: 'config show',
    summary: 'The configuration as it counts now, and where each setting comes from; never the token',
    examples: ['config show'],
    async local({ json, ...given }, env) {
      const { file, profile, url, tokenFile, token } = await readSettings(given, env);
      const row = {
        file,
        profile,
        url: url?.value,
        urlFrom: url?.from,
        tokenFile: tokenFile?.value,
        tokenFrom: (token ?? tokenFile)?.from,
      };
      if (json) return `${JSON.stringify(row)}\n`;
      const from = (setting: Setting | undefined) => (setting ? ` (${setting.from})` : '');
      const shown = {
        file,
        profile,
        url: url && `${url.value}${from(url)}`,
        token: token ? `is set${from(token)}` : tokenFile && `in ${tokenFile.value}${from(tokenFile)}`,
      };
      const fields = [
        { head: 'File', field: 'file' },
        { head: 'Profile', field: 'profile' },
        { head: 'Address', field: 'url' },
        { head: 'Token', field: 'token' },
      ];
      return render([card(fields, shown)], { width: Infinity, colour: false });
    },
  },
  {
    words: 'config set',
    summary: 'Write a profile of the configuration; what is not given stays',
    options: [
      { flags: '--url <address>', summary: 'of HQ' },
      {
        flags: '--token-file <file>',
        summary: 'that holds the admin token and nobody else can read',
        file: true,
      },
      { flags: '--default', summary: 'use this profile where none is named' },
    ],
    examples: ['config set --profile local --url http://127.0.0.1:8080 --token-file .data/admin-token'],
    async local(given, env) {
      const { url, tokenFile, default: isDefault } = given;
      if (url === undefined && tokenFile === undefined && !isDefault) throw usage('nothing to set was given');
      const { file, name } = await changeProfile(given, given, env);
      return `Profile ${name} is written to ${file}.\n`;
    },
  },
];
