import { globalOptions, optionsOf, type Argument, type Command, type Option } from './command.js';
import { commands, subjects } from './commands/table.js';
import { exitCodes } from './exit-code.js';
import { description } from './program.js';

/** docs/hqctl.md, of the table. */
export function manual(): string {
  return [
    '# hqctl',
    description,
    '```sh\nnode hqctl/dist/main.js config set --url http://127.0.0.1:8080 --token-file .data/admin-token\nnode hqctl/dist/main.js stores watch\n```',
    'Below, `hqctl` is that program: `alias hqctl="node $PWD/hqctl/dist/main.js"`.',
    'Times are shown by the clock and zone of your machine, amounts in the currency of their store. Tables fit 100 columns; columns that do not fit are left out. Scripts say `--json` and get what HQ answered, unchanged, and decide by the exit code.',
    '## Configuration',
    configuration,
    '## Options of every command',
    optionList(globalOptions),
    '## Exit codes',
    Object.values(exitCodes)
      .map(({ code, meaning }) => `- \`${code}\` ${meaning}`)
      .join('\n'),
    '## Sending',
    'Every change has a fresh `Idempotency-Key`. A request that does not reach HQ, or that HQ answers with 503, is sent again with the same key, at most 4 times within `--timeout`: HQ makes the change once. What is sent from stdin is sent once.',
    'What cannot be undone asks first on a terminal, and elsewhere needs `--yes`.',
    ...Object.entries(subjects).flatMap(([subject, summary]) => [
      `## ${subject}`,
      `${summary}.`,
      ...commands.filter(({ words }) => words.split(' ')[0] === subject).map(commandText),
    ]),
    '## Completion',
    ...commands.filter(({ words }) => !words.includes(' ')).map(commandText),
  ]
    .join('\n\n')
    .concat('\n');
}

const configuration = `\`~/.config/hqctl/config.json\` (below \`XDG_CONFIG_HOME\` where that is set), which \`hqctl config set\` writes:

\`\`\`json
{ "profile": "local", "profiles": { "local": { "url": "http://127.0.0.1:8080", "tokenFile": "/run/secrets/hq-admin-token" } } }
\`\`\`

| variable | |
| --- | --- |
| \`HQCTL_URL\` | address of HQ |
| \`HQCTL_TOKEN_FILE\` | file with the admin token |
| \`HQCTL_TOKEN\` | the admin token itself; counts before \`HQCTL_TOKEN_FILE\` |

A profile named by \`--profile\` counts alone. Else each variable counts before the default profile of the file. The token is never an
argument, where everybody on the machine could read it; a token file that others can read, a token in the configuration, and an address
that is neither encrypted nor of this machine get a warning on stderr.`;

function commandText(command: Command): string {
  const { words, summary, details, examples, arguments: args = [] } = command;
  const options = optionsOf(command);
  const usage = [words, ...args.map(argumentText), ...(options.length > 0 ? ['[options]'] : [])].join(' ');
  return [
    `### hqctl ${words}`,
    `\`hqctl ${usage}\``,
    [`${summary}.`, details].filter(Boolean).join(' '),
    ...('call' in command ? [`Calls \`${command.call.replace(' ', ' /admin/v1')}\`.`] : []),
    ...(args.length > 0
      ? [
          args
            .map(({ name, summary, choices }) => `- \`${name}\` ${summary}${choiceText(choices)}`)
            .join('\n'),
        ]
      : []),
    ...(options.length > 0 ? [optionList(options)] : []),
    `\`\`\`sh\n${examples.map((example) => `hqctl ${example}`).join('\n')}\n\`\`\``,
  ].join('\n\n');
}

const argumentText = ({ name, variadic }: Argument): string => `${name}${variadic ? '...' : ''}`;

const optionList = (options: readonly Option[]): string =>
  options
    .map(
      ({ flags, summary, choices, many, required }) =>
        `- \`${flags}\` ${summary}${choiceText(choices)}${many ? ' (again for more)' : ''}${required ? ' (needed)' : ''}`,
    )
    .join('\n');

const choiceText = (choices: readonly string[] | undefined): string =>
  choices ? `: ${choices.map((choice) => `\`${choice}\``).join(', ')}` : '';
