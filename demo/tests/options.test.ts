import { describe, expect, it } from '@jest/globals';
import { CommanderError } from 'commander';
import { readOptions } from '../src/options.js';

function refusal(...args: string[]): { said: string; exitCode: number } {
  let said = '';
  try {
    readOptions(args, (text) => (said += text));
  } catch (error) {
    if (error instanceof CommanderError) return { said, exitCode: error.exitCode };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the options of the demo', () => {
  it('have defaults', () => {
    expect(readOptions([])).toEqual({ stores: 12, speed: 20, port: 8080, monitoring: true });
  });

  it('leave the speed of a replay open', () => {
    const { speed, replay } = readOptions(['--replay', 'package.json']);
    expect(speed).toBeUndefined();
    expect(replay).toMatch(/^\/.*package\.json$/);
  });

  it.each([
    [['--stores', '0'], 'whole number from 1 to'],
    [['--stores', '1.5'], 'whole number from 1 to'],
    [['--speed', '-3'], 'over 0'],
    [['--speed', 'fast'], 'over 0'],
    [['--port', '70000'], 'whole number from 1 to 65535'],
    [['--replay', '/no/such/file'], 'no such file'],
    [['--incident', 'flood'], 'Allowed choices are offline-and-back'],
    [['--incident', 'slow-line', '--replay', 'package.json'], 'cannot be used with'],
    [['--nonsense'], 'unknown option'],
    [['surplus'], 'too many arguments'],
  ])('refuse %j with one sentence', (args, sentence) => {
    const { said, exitCode } = refusal(...args);
    expect(exitCode).toBe(1);
    expect(said).toContain(sentence);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  it('name one incident', () => {
    expect(readOptions(['--incident', 'hq-restored']).incident).toBe('hq-restored');
  });

  it('explain themselves', () => {
    const { said, exitCode } = refusal('--help');
    expect(exitCode).toBe(0);
    for (const option of [
      '--stores',
      '--speed',
      '--replay',
      '--incident',
      '--fresh',
      '--port',
      'HQ_DATA_DIR',
    ])
      expect(said).toContain(option);
  });
});
