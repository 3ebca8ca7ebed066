import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface ImportArguments {
  file: string;
  /** The slug of the project; undefined = the key's own. */
  project: string | undefined;
  /** The agent's name; undefined = from the file's name. */
  agent: string | undefined;
  /** The day (YYYY-MM-DD) on which trial 0 ended; undefined = the runs end when they are imported. */
  trialDays: string | undefined;
}

/** The command line, or what it names, cannot be used; the message says why, and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const IMPORT_HELP = `Usage: npm run import -- tau-bench FILE [options]

Imports the runs of an agent from a τ-bench trajectory file: each run becomes a task with its steps.
It can be stopped with Ctrl-C and run again at any time: nothing is doubled.

FILE                     a JSON array of runs, or one run a line; at most 512 MB

Options:
  --project SLUG         the project to import into; by default the one the API key belongs to
  --agent NAME           the agent whose runs they are; by default named after the file
  --trial-days DAY       trial n ended on that day + n (YYYY-MM-DD, noon UTC); by default runs end now
  -h, --help             this text

Environment:
  BINNACLE_URL           the server's address, for example https://binnacle.example.com
  BINNACLE_API_KEY       an API key of the project, with the scopes READ and INGEST
                         Without both, the server of this folder is used, and started where it does not run.

Exit code: 0 all was imported, 1 something was not (each problem is named), 2 wrong usage, 130 stopped.
`;

/**
 * Reads the arguments after "import"; null = the help is asked for.
 * @throws UsageError
 */
export function parseImportArguments(argv: readonly string[]): ImportArguments | null {
  const { values, positionals } = parse(argv);
  if (values.help) return null;
  const [format, file, ...rest] = positionals;
  if (format === undefined) throw new UsageError('Say what to import: tau-bench FILE.');
  if (format !== 'tau-bench')
    throw new UsageError(`"${format}" cannot be imported. The one format known is tau-bench.`);
  if (file === undefined) throw new UsageError('Say which file to import: tau-bench FILE.');
  if (rest.length > 0) throw new UsageError(`One file at a time, please: "${rest.join(' ')}" is too much.`);
  for (const option of ['project', 'agent'] as const) {
    if (values[option]?.trim() === '') throw new UsageError(`--${option} is empty.`);
  }
  const trialDays = values['trial-days'];
  if (trialDays !== undefined && !isDay(trialDays)) {
    throw new UsageError(`--trial-days expects a day as YYYY-MM-DD, got "${trialDays}".`);
  }
  return { file, project: values.project, agent: values.agent?.trim(), trialDays };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        project: { type: 'string' },
        agent: { type: 'string' },
        'trial-days': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(message, { cause: error });
    throw error;
  }
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
