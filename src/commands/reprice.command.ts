import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { graphqlEndpoint, GraphqlRequestError } from '../platform/graphql-client.js';
import { ask, describeRefusal, findProject, NoProjectError, type ServerAccess } from './project-access.js';
import { ProgressBar } from './progress-bar.js';
import { connectTo, isDay, UsageError, type CommandIo } from './server-connection.js';

const LOOK_MS = 200;

export const REPRICE_HELP = `Usage: npm run reprice -- --from DAY --to DAY [options]

Prices again, at the prices of their own time, the steps whose cost nobody reported, and has the KPIs of their days
computed again. The server does it as a job: stopping this command does not stop it. Run twice, it changes nothing more.

Options:
  --from DAY             the first UTC day, YYYY-MM-DD: steps of tasks that finished then or later, and of those that go on
  --to DAY               the last UTC day, included
  --project SLUG         the project; by default the one the API key belongs to
  -h, --help             this text

Environment:
  BINNACLE_URL           the server's address, for example https://binnacle.example.com
  BINNACLE_API_KEY       an API key of the project, with the scope MANAGE
                         Without both, the server of this folder is used, and started where it does not run.

Exit code: 0 done, 1 the server refused, 2 wrong usage, 130 stopped.
`;

const START = `mutation Reprice($projectId: ID!, $from: Date!, $to: Date!) {
  repriceSteps(projectId: $projectId, from: $from, to: $to) { id } }`;
const LOOK = `query RepriceRun($id: ID!) { priceRun(id: $id) { tasksTotal tasksDone stepsChanged finishedAt } }`;

interface PriceRun {
  tasksTotal: number | null;
  tasksDone: number;
  stepsChanged: number;
  finishedAt: string | null;
}

interface RepriceArguments {
  from: string;
  to: string;
  project: string | undefined;
}

/** Runs `reprice` with the arguments that follow it, and answers the exit code. Errors of `connect` are passed on. */
export async function runReprice(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const parsed = parseRepriceArguments(argv);
    if (parsed === null) {
      io.stdout.write(REPRICE_HELP);
      return 0;
    }
    await reprice(parsed, io);
    return 0;
  } catch (error) {
    if (io.signal?.aborted) {
      io.stderr.write('Stopped looking. The server goes on with the job.\n');
      return 130;
    }
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\nMore with: npm run reprice -- --help\n`);
      return 2;
    }
    if (error instanceof NoProjectError || error instanceof GraphqlRequestError) {
      const reason = error instanceof GraphqlRequestError ? describeRefusal(error) : error.message;
      io.stderr.write(`Nothing was priced again: ${reason}\n`);
      return 1;
    }
    throw error;
  }
}

async function reprice({ from, to, project: slug }: RepriceArguments, io: CommandIo): Promise<void> {
  const connection = await connectTo(io, slug);
  try {
    const access = { url: graphqlEndpoint(connection.url), apiKey: connection.apiKey, signal: io.signal };
    const project = await findProject(access, slug);
    const variables = { projectId: project.id, from, to };
    const { repriceSteps } = await ask<{ repriceSteps: { id: string } }>(access, START, variables);
    const run = await follow(access, repriceSteps.id, io);
    io.stdout.write(
      `Project "${project.slug}", tasks that finished ${from} to ${to}: ${run.tasksDone} tasks looked at, ${run.stepsChanged} steps cost something else now.\n`,
    );
  } finally {
    await connection.close();
  }
}

async function follow(access: ServerAccess, id: string, io: CommandIo): Promise<PriceRun> {
  let bar: ProgressBar | undefined;
  for (;;) {
    const { priceRun: run } = await ask<{ priceRun: PriceRun }>(access, LOOK, { id });
    if (run.tasksTotal !== null) bar ??= new ProgressBar(io.stderr, run.tasksTotal, 'tasks');
    bar?.advanceTo(run.tasksDone);
    if (run.finishedAt !== null) {
      bar?.finish();
      return run;
    }
    await sleep(LOOK_MS, undefined, io.signal ? { signal: io.signal } : {});
  }
}

/** Null = the help is asked for. @throws UsageError */
function parseRepriceArguments(argv: readonly string[]): RepriceArguments | null {
  const { from, to, project, help } = parse(argv);
  if (help) return null;
  for (const [name, day] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (day === undefined) throw new UsageError(`Say which days: --${name} YYYY-MM-DD is missing.`);
    if (!isDay(day)) throw new UsageError(`--${name} expects a day as YYYY-MM-DD, got "${day}".`);
  }
  return { from: from ?? '', to: to ?? '', project };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        project: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(message, { cause: error });
    throw error;
  }
}
