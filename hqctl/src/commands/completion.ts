import type { LocalCommand } from '../command.js';
import { completionScript, shells } from '../completion.js';
import { commands } from './table.js';

export const completion: LocalCommand = {
  words: 'completion',
  summary: 'A script that completes commands and options in your shell',
  arguments: [{ param: 'shell', name: 'SHELL', summary: 'which shell', choices: shells }],
  examples: ['completion bash'],
  local: ({ shell }) => completionScript(shell, commands),
};
