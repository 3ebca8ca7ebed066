import { parseArgs } from 'node:util';
import { UsageError } from '../server-connection.js';

/** What the command line asks for. */
export interface DemoArguments {
  /** Tasks started per minute of made-up time. */
  rate: number;
  /** Stop after so many; null = until Ctrl-C. */
  tasks: number | null;
  /** How many made-up seconds pass in a real one. */
  speed: number;
  seed: number;
  /** Days of history that are written first; 0 = none. */
  backfillDays: number;
}

export const DEMO_HELP = `Usage: npm run demo -- [options]

A small fleet of made-up agents at work, to look at: a support desk, a researcher, a code reviewer, an invoice
reader, a scraper and a sync job. They report through the public API, live, until Ctrl-C. Everything they do is
made up: people, shops, sources, prices. Agents ask humans; a pretend operator answers some of the questions, and
the others are left for you. The server of this folder is used, and started where it does not run.

Options:
  --rate N               tasks started per minute, 0.1 to 600; 20 unless told
  --tasks N              stop after so many tasks; until Ctrl-C unless told
  --speed X              how fast made-up time runs, 0.1 to 1,000; 1 unless told. At 10 all takes a tenth of the time,
                         and the rate counts per made-up minute
  --seed N               the same tasks again for the same number; another one each time unless told
  --backfill DAYS        history on so many days before the demo's first, 1 to 30; 7 unless told. Written once
  --no-backfill          no history
  -h, --help             this text

Environment:
  BINNACLE_URL           a server elsewhere, for example https://binnacle.example.com
  BINNACLE_API_KEY       an API key of a project there, with the scopes READ and INGEST; best a project of its own
                         With both, no demo person is made: nobody pretends to be the operator, and no agent gets a
                         new version.

Exit code: 0 ended by Ctrl-C or after --tasks, 1 it could not go on, 2 wrong usage.
`;

/**
 * Reads the arguments after "demo"; null = the help is asked for.
 * @throws UsageError
 */
export function parseDemoArguments(argv: readonly string[]): DemoArguments | null {
  const values = parse(argv);
  if (values.help) return null;
  if (values.backfill !== undefined && values['no-backfill']) {
    throw new UsageError('--backfill and --no-backfill exclude each other.');
  }
  return {
    rate: number('rate', values.rate ?? '20', 0.1, 600),
    tasks: values.tasks === undefined ? null : whole('tasks', values.tasks, 1, 1_000_000),
    speed: number('speed', values.speed ?? '1', 0.1, 1000),
    seed:
      values.seed === undefined
        ? Math.floor(Math.random() * 2 ** 31)
        : whole('seed', values.seed, 0, 2 ** 31),
    backfillDays: values['no-backfill'] ? 0 : whole('backfill', values.backfill ?? '7', 1, 30),
  };
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        rate: { type: 'string' },
        tasks: { type: 'string' },
        speed: { type: 'string' },
        seed: { type: 'string' },
        backfill: { type: 'string' },
        'no-backfill': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(message, { cause: error });
    throw error;
  }
}

function number(option: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${option} expects a number from ${min} to ${max}, got "${text}".`);
}

function whole(option: string, text: string, min: number, max: number): number {
  const value = number(option, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${option} expects a whole number, got "${text}".`);
}
