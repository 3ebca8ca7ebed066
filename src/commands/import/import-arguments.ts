import { parseArgs } from 'node:util';
import { isDay, UsageError } from '../server-connection.js';

/** What can be imported. */
export type ImportFormat = (typeof formats)[number];

const formats = ['tau-bench', 'otlp'] as const;

/** What the command line asks for. */
export interface ImportArguments {
  format: ImportFormat;
  file: string;
  /** The slug of the project; undefined = the key's own. */
  project: string | undefined;
  /** The agent's name; undefined = from the file's name. */
  agent: string | undefined;
  /** The day (YYYY-MM-DD) on which trial 0 ended; undefined = the runs end when they are imported. */
  trialDays: string | undefined;
}

export const IMPORT_HELP = `Usage: npm run import -- FORMAT FILE [options]

Imports what agents did from a file: each run, or each trace, becomes a task with its steps.
It can be stopped with Ctrl-C and run again at any time: nothing is doubled.

FORMAT
  tau-bench              runs of an agent, as τ-bench writes them: a JSON array, or one run a line
  otlp                   traces in OTLP/JSON: one request, or one a line, as the collector's file exporter writes
FILE                     at most 512 MB

Options:
  --project SLUG         the project to import into; by default the one the API key belongs to
  --agent NAME           tau-bench: the agent whose runs they are; by default named after the file
  --trial-days DAY       tau-bench: trial n ended on that day + n (YYYY-MM-DD, noon UTC); by default runs end now
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
  if (format === undefined) throw new UsageError('Say what to import: tau-bench FILE, or otlp FILE.');
  if (!isFormat(format))
    throw new UsageError(`"${format}" cannot be imported. The formats known are tau-bench and otlp.`);
  if (file === undefined) throw new UsageError(`Say which file to import: ${format} FILE.`);
  if (rest.length > 0) throw new UsageError(`One file at a time, please: "${rest.join(' ')}" is too much.`);
  for (const option of ['project', 'agent'] as const) {
    if (values[option]?.trim() === '') throw new UsageError(`--${option} is empty.`);
  }
  for (const option of ['agent', 'trial-days'] as const) {
    if (format === 'otlp' && values[option] !== undefined)
      throw new UsageError(
        `--${option} is of tau-bench: traces say themselves whose they are, and when they were.`,
      );
  }
  const trialDays = values['trial-days'];
  if (trialDays !== undefined && !isDay(trialDays)) {
    throw new UsageError(`--trial-days expects a day as YYYY-MM-DD, got "${trialDays}".`);
  }
  return { format, file, project: values.project, agent: values.agent?.trim(), trialDays };
}

function isFormat(text: string): text is ImportFormat {
  return formats.some((format) => format === text);
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
