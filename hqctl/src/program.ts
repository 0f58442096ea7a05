import {
  Argument as CommanderArgument,
  Command as Commander,
  InvalidArgumentError,
  Option as CommanderOption,
} from 'commander';
import { globalOptions, optionsOf, type Command, type Given, type Option } from './command.js';
import { commands, subjects } from './commands/table.js';
import { Failure } from './exit-code.js';

export const description =
  "Looks after the stores of a headquarters: their state, tokens, errors, data and hours. It speaks HQ's admin API.";

/** commander's program, of the table. */
export function createProgram(run: (command: Command, given: Given) => Promise<void>): Commander {
  const program = new Commander('hqctl')
    .description(description)
    .configureHelp({ showGlobalOptions: true })
    .allowExcessArguments(false)
    .addHelpText('after', '\nExit codes, configuration and every command: docs/hqctl.md');
  for (const option of globalOptions) program.addOption(commanderOption(option));
  const groups = new Map<string, Commander>();
  for (const [name, summary] of Object.entries(subjects))
    groups.set(name, program.command(name).description(summary).copyInheritedSettings(program));
  for (const command of commands) addCommand(program, groups, command, run);
  // The last ones set hold for what was made before too only when they are told so.
  for (const one of [
    program,
    ...groups.values(),
    ...[...groups.values()].flatMap(({ commands }) => commands),
  ])
    one.exitOverride().showHelpAfterError('(--help shows how)').showSuggestionAfterError();
  return program;
}

function addCommand(
  program: Commander,
  groups: ReadonlyMap<string, Commander>,
  command: Command,
  run: (command: Command, given: Given) => Promise<void>,
): void {
  const [subject = '', verb] = command.words.split(' ');
  const added = (verb === undefined ? program : groups.get(subject)!)
    .command(verb ?? subject)
    .description([command.summary, command.details].filter(Boolean).join('\n\n'))
    .summary(command.summary)
    .copyInheritedSettings(program);
  for (const { name, summary, variadic, choices } of command.arguments ?? []) {
    const argument = new CommanderArgument(`<${name}${variadic ? '...' : ''}>`, summary);
    added.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const option of optionsOf(command)) added.addOption(commanderOption(option));
  const examples = command.examples.map((example) => `  hqctl ${example}`);
  if (examples.length > 0) added.addHelpText('after', `\nExample:\n${examples.join('\n')}`);
  added.action(async () => {
    const values = (command.arguments ?? []).map(({ param }, index) => [param, added.processedArgs[index]]);
    await run(command, { ...added.optsWithGlobals(), ...Object.fromEntries(values) });
  });
}

function commanderOption({ flags, summary, choices, many, required, parse }: Option): CommanderOption {
  const option = new CommanderOption(flags, many ? `${summary} (again for more)` : summary);
  if (choices) option.choices(choices);
  if (required) option.makeOptionMandatory();
  if (parse || many) {
    option.argParser((value: string, before: unknown) => {
      const one = choices ? chosen(value, choices) : parsedBy(parse, value);
      return many ? [...((before as unknown[] | undefined) ?? []), one] : one;
    });
  }
  return option;
}

function parsedBy(parse: Option['parse'], value: string): unknown {
  try {
    return parse ? parse(value) : value;
  } catch (error) {
    if (error instanceof Failure) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function chosen(value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
}
