import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { NoProjectError } from './project-access.js';
import { connectTo, UsageError, type CommandIo } from './server-connection.js';

export const WITH_KEY_HELP = `Usage: npm run with-key -- [--project SLUG] COMMAND [ARGUMENTS]

Runs a command that reports to Binnacle, say an agent of yours, with BINNACLE_URL and BINNACLE_API_KEY set: those of the server
of this folder, which is started where it does not run. The key has the scope INGEST, and is revoked when the command ends.
Where both are set already, the command runs with these.

Options:
  --project SLUG         the project to report to; needed where there are several
  -h, --help             this text

Exit code: that of the command, 2 wrong usage.
`;

export interface ReportingCommand {
  project: string | undefined;
  command: string;
  args: string[];
}

/**
 * Reads what follows "with-key"; null = the help is asked for. What follows the command is the command's own.
 * @throws UsageError
 */
export function parseWithKeyArguments(argv: readonly string[]): ReportingCommand | null {
  let project: string | undefined;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '-h' || word === '--help') return null;
    if (word === '--project') project = argv[(at += 1)];
    else if (word.startsWith('--project=')) project = word.slice('--project='.length);
    else if (word.startsWith('-') && word !== '--')
      throw new UsageError(`"${word}" is no option of with-key.`);
    else {
      const [command, ...args] = argv.slice(word === '--' ? at + 1 : at);
      if (command === undefined) break;
      return { project, command, args };
    }
  }
  throw new UsageError('Say which command to run: npm run with-key -- node my-agent.js');
}

/** Reads what follows "example": a project, at most. @throws UsageError */
export function parseExampleArguments(argv: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...argv], options: { project: { type: 'string' } } }).values.project;
  } catch (error) {
    throw new UsageError(`The example takes --project SLUG and nothing else.`, { cause: error });
  }
}

/** Runs the command with access to a server, and answers its exit code. Errors of `connect` are passed on. */
export async function runReporting(
  parse: (argv: readonly string[]) => ReportingCommand | null,
  argv: readonly string[],
  io: CommandIo,
): Promise<number> {
  try {
    const parsed = parse(argv);
    if (parsed === null) {
      io.stdout.write(WITH_KEY_HELP);
      return 0;
    }
    const connection = await connectTo(io, parsed.project);
    try {
      return await runWith(parsed, { BINNACLE_URL: connection.url, BINNACLE_API_KEY: connection.apiKey }, io);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof NoProjectError)) throw error;
    io.stderr.write(`${error.message}\nMore with: npm run with-key -- --help\n`);
    return 2;
  }
}

function runWith(
  { command, args }: ReportingCommand,
  access: Record<string, string>,
  io: CommandIo,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...io.env, ...access },
      // npm runs scripts from the package's folder, and says in INIT_CWD where the person was.
      cwd: io.env.INIT_CWD,
      stdio: 'inherit',
    });
    io.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.once('error', (error) =>
      reject(new UsageError(`"${command}" could not be run: ${error.message}`, { cause: error })),
    );
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
