import { setMaxListeners } from 'node:events';
import { GraphqlRequestError } from '../platform/graphql-client.js';
import { openDemo, type DemoAccess } from './demo/demo-access.js';
import { DEMO_HELP, parseDemoArguments, type DemoArguments } from './demo/demo-arguments.js';
import { UsageError } from './server-connection.js';
import { NoDemoPersonError } from './demo/demo-person.js';
import { FleetApi } from './demo/fleet-api.js';
import { fleetScripts } from './demo/fleet-scripts.js';
import { Fleet, type FleetMember } from './demo/fleet.js';
import { hasHistory, planHistory, writeHistory, type PastTask } from './demo/history.js';
import { HumanDesk } from './demo/human-desk.js';
import { StatusLine } from './demo/status-line.js';
import { Tally } from './demo/tally.js';
import { TaskPlayer } from './demo/task-player.js';
import { ProgressBar } from './progress-bar.js';

/** How long the server may take for the last words of tasks, when the demo stops. */
const farewellMs = 5_000;

/**
 * `npm run demo`: a made-up fleet at work, until Ctrl-C or as many tasks as were asked for. Answers the exit code: 0 ended as
 * wanted, 1 it could not go on, 2 wrong usage.
 */
export async function runDemoCommand(argv: string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write('\nStopping; press Ctrl-C again to stop at once.\n');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const options = parseDemoArguments(argv);
    if (options === null) {
      process.stdout.write(DEMO_HELP);
      return 0;
    }
    return await runDemo(options, stop.signal);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\nMore with: npm run demo -- --help\n`);
      return 2;
    }
    if (error instanceof NoDemoPersonError || error instanceof GraphqlRequestError) {
      process.stderr.write(`The demo stopped: ${error.message}\n`);
      return 1;
    }
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function runDemo(options: DemoArguments, signal: AbortSignal): Promise<number> {
  const access = await openDemo(process.env, signal);
  try {
    process.stdout.write(greeting(access));
    await runFleet(access, options, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const problem of await access.close()) process.stderr.write(`${problem}\n`);
  }
  return 0;
}

async function runFleet(access: DemoAccess, options: DemoArguments, stopped: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([stopped, failed.signal]);
  const onFailure = () => failed.abort();
  const late = aWhileAfter(signal, farewellMs);
  // Each task that runs listens to them.
  setMaxListeners(0, signal, late);
  const { endpoint, project, apiKey, person } = access;
  const { speed, backfillDays } = options;
  const api = new FleetApi(endpoint, apiKey, signal);
  const farewellApi = new FleetApi(endpoint, apiKey, late);
  const members: FleetMember[] = [];
  for (const script of fleetScripts) {
    members.push({ script, agent: await api.ensureAgent(project.id, script) });
  }
  const past = planHistory(members, backfillDays);
  if (!(await hasHistory(api, project.id, past))) await backfill(farewellApi, past, backfillDays, signal);
  const tally = new Tally();
  const desk = new HumanDesk({ endpoint, projectId: project.id, api, apiKey, person, speed, signal });
  const player = new TaskPlayer({ api, farewellApi, desk, tally, speed, signal });
  const status = new StatusLine(process.stdout, () => tally.describe(desk.waiting, desk.left));
  try {
    const parts = { members, farewellApi, player, desk, tally, person };
    await new Fleet({ ...options, ...parts, signal, onFailure }).run();
  } finally {
    status.stop();
    await desk.stop();
  }
}

async function backfill(
  api: FleetApi,
  past: readonly PastTask[],
  days: number,
  signal: AbortSignal,
): Promise<void> {
  process.stdout.write(`Writing the history of ${days} ${days === 1 ? 'day' : 'days'}:\n`);
  const bar = new ProgressBar(process.stdout, past.length, 'past tasks');
  try {
    await writeHistory(api, past, signal, () => bar.advance());
  } finally {
    bar.finish();
  }
}

/** Aborted so much later than the other. */
function aWhileAfter(signal: AbortSignal, delayMs: number): AbortSignal {
  const late = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => late.abort(), delayMs).unref(), { once: true });
  return late.signal;
}

function greeting({ url, project, person, isOwnServer }: DemoAccess): string {
  const root = url.replace(/\/(graphql\/?)?$/, '');
  const signIn = person
    ? `Sign in   as ${person.credentials.username} with the password ${person.credentials.password}
            (kept in ${person.file})`
    : 'Sign in   as a member of the project; the demo works with the API key that you gave it';
  const answered = person
    ? 'A pretend operator answers most of their questions; up to three at a time are left for you.'
    : 'Their questions wait for somebody to answer them.';
  return `
  A made-up fleet works at ${url}${isOwnServer ? ', a server started for it' : ''}.

  Open      ${root}/p/${project.slug}/tasks
  ${signIn}
  Project   ${project.slug}, ${project.id}

  Or        with GraphiQL at ${root}/graphql:
            subscription { tasksChanged(projectId: "${project.id}") { name status progressMessage } }
            query { interventions(projectId: "${project.id}", status: OPEN) { nodes { id kind reason question } } }
            and then resolveIntervention. ${answered}
            What nobody answers within ten minutes expires.

  All of it is made up: agents, people, shops, sources, prices. Ctrl-C stops the demo${isOwnServer ? ' and the server' : ''}.

`;
}
