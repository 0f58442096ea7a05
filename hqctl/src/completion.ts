import { globalOptions, optionsOf, type Command, type Option } from './command.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** A script for the shell to read at its start. */
export function completionScript(shell: (typeof shells)[number], commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands);
}

const nameOf = ({ flags }: Option): string => flags.split(' ')[0]!;
const takesValue = ({ flags }: Option): boolean => flags.includes('<');

/** First words, each with the words after it. */
function verbs(commands: readonly Command[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { words } of commands) {
    const [subject = '', verb] = words.split(' ');
    found.set(subject, [...(found.get(subject) ?? []), ...(verb === undefined ? [] : [verb])]);
  }
  return found;
}

const all = (command: Command): Option[] => [...optionsOf(command), ...globalOptions];

function distinct(commands: readonly Command[], wanted: (option: Option) => boolean): string[] {
  return [...new Set([...globalOptions, ...commands.flatMap(optionsOf)].filter(wanted).map(nameOf))].sort();
}

/** bash and zsh share it: the words before the cursor that are no options are what was chosen. */
function wordCases(commands: readonly Command[], indent: string): string {
  const choiceCases = commands.flatMap((command) =>
    all(command).flatMap((option) =>
      option.choices
        ? [`'${command.words} ${nameOf(option)}') candidates='${option.choices.join(' ')}' ;;`]
        : [],
    ),
  );
  const commandCases = commands.map((command) => {
    const choices = (command.arguments ?? []).flatMap(({ choices = [] }) => [...choices]);
    const files = (command.arguments ?? []).some(({ file }) => file) ? ' files=1;' : '';
    return `'${command.words}') candidates='${[...choices, ...all(command).map(nameOf), '--help'].join(' ')}';${files} ;;`;
  });
  const subjectCases = [...verbs(commands)].flatMap(([subject, words]) =>
    words.length > 0 ? [`'${subject}') candidates='${words.join(' ')}' ;;`] : [],
  );
  const lines = [
    'case "$command $previous" in',
    ...choiceCases.map((line) => `  ${line}`),
    `  *' '${alternatives(distinct(commands, ({ file }) => file === true))}) files=1 ;;`,
    `  *' '${alternatives(distinct(commands, (option) => takesValue(option) && !option.file))}) return 0 ;;`,
    '  *) case "$command" in',
    ...[...commandCases, ...subjectCases].map((line) => `    ${line}`),
    `    '') candidates='${[...verbs(commands).keys(), '--help'].join(' ')}' ;;`,
    '  esac ;;',
    'esac',
  ];
  return lines.map((line) => indent + line).join('\n');
}

const alternatives = (words: readonly string[]): string => words.join("|*' '");

const bash = (commands: readonly Command[]): string => `# hqctl completion bash > /etc/bash_completion.d/hqctl
_hqctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command='' candidates='' files='' word skip='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n "$skip" ]]; then skip=''; continue; fi
    case "$word" in
      ${distinct(commands, takesValue).join('|')}) skip=1 ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="$word"; elif [[ "$command" != *' '* ]]; then command="$command $word"; fi ;;
    esac
  done
${oneWordCommands(commands, '  ')}
${wordCases(commands, '  ')}
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
  if [[ -n "$files" ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _hqctl hqctl
`;

/** After a command of one word the next one is its argument. */
function oneWordCommands(commands: readonly Command[], indent: string): string {
  return commands
    .filter(({ words }) => !words.includes(' '))
    .map(({ words }) => `${indent}case "$command" in '${words} '*) command='${words}' ;; esac`)
    .join('\n');
}

const zsh = (commands: readonly Command[]): string => `#compdef hqctl
# hqctl completion zsh > "\${fpath[1]}/_hqctl"
_hqctl() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}"
  local command='' candidates='' files='' word skip='' i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n "$skip" ]]; then skip=''; continue; fi
    case "$word" in
      ${distinct(commands, takesValue).join('|')}) skip=1 ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="$word"; elif [[ "$command" != *' '* ]]; then command="$command $word"; fi ;;
    esac
  done
${oneWordCommands(commands, '  ')}
${wordCases(commands, '  ')}
  compadd -- \${=candidates}
  if [[ -n "$files" ]]; then _files; fi
}
compdef _hqctl hqctl
`;

function fish(commands: readonly Command[]): string {
  const lines = ['# hqctl completion fish > ~/.config/fish/completions/hqctl.fish', 'complete -c hqctl -f'];
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const given = (condition: string) => `complete -c hqctl -n ${quoted(condition)}`;
  const seen = '__fish_seen_subcommand_from';
  for (const [subject, words] of verbs(commands)) {
    lines.push(`${given('__fish_use_subcommand')} -a ${subject}`);
    for (const { words: both, summary } of commands.filter((one) => one.words.startsWith(`${subject} `))) {
      const verb = both.split(' ')[1]!;
      lines.push(
        `${given(`${seen} ${subject}; and not ${seen} ${words.join(' ')}`)} -a ${verb} -d ${quoted(summary)}`,
      );
    }
  }
  for (const command of commands) {
    const condition = command.words.split(' ').map((word) => `${seen} ${word}`).join('; and '); // prettier-ignore
    for (const { choices, file } of command.arguments ?? []) {
      if (choices) lines.push(`${given(condition)} -a ${quoted(choices.join(' '))}`);
      if (file) lines.push(`${given(condition)} -F`);
    }
    for (const option of optionsOf(command)) lines.push(`${given(condition)} ${fishOption(option, quoted)}`);
  }
  for (const option of globalOptions) lines.push(`complete -c hqctl ${fishOption(option, quoted)}`);
  return `${lines.join('\n')}\n`;
}

function fishOption(option: Option, quoted: (text: string) => string): string {
  const value = option.choices
    ? ` -x -a ${quoted(option.choices.join(' '))}`
    : option.file
      ? ' -r -F'
      : ' -x';
  return `-l ${nameOf(option).slice(2)}${takesValue(option) ? value : ''} -d ${quoted(option.summary)}`;
}
