import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildClientSchema,
  getIntrospectionQuery,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import {
  badValuesFor,
  spotsOf,
  writeBody,
  writeLiteral,
  type BadValue,
  type Spot,
} from './support/bad-values.js';
import {
  get,
  makeAgent,
  makeKey,
  makeTask,
  register,
  type GraphqlAnswer,
  type Person,
} from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** A field, arguments that it takes, and where in an answer stands what it found. */
interface Case {
  /** Type and field: Mutation.createTask, Task.steps. */
  field: string;
  good: Record<string, unknown>;
  selection: string;
  /** Only these arguments are tried; all of them unless told. */
  only?: string[];
  token?: string;
  /** Around the field, where it is none of the root. */
  within?: [open: string, close: string];
}

let server: TestServer;
let person: Person;
let stranger: Person;
let schema: GraphQLSchema;
let cases: Case[];
/** Ids that exist, in a project that the person does not belong to. */
let foreignIds: string[];

beforeAll(async () => {
  server = await startTestServer({ MAX_JSON_BYTES: '500000' });
  const { url } = server;
  person = await register(url, 'walker');
  stranger = await register(url, 'stranger');
  const other = await register(url, 'other');
  const { secret: _secret, id: keyId } = await makeKey(url, person, ['READ']);
  const foreignKey = await makeKey(url, stranger, ['READ']);
  const [agentId, foreignAgent] = [await makeAgent(url, person), await makeAgent(url, stranger)];
  const foreignTask = await makeTask(url, stranger.token, foreignAgent);
  const task = () => makeTask(url, person.token, agentId);
  const waiting = await task();
  const failed = await task();
  await get(url, person.token, 'mutation($i: FinishTaskInput!) { finishTask(input: $i) { task { id } } }', {
    i: { taskId: failed, status: 'FAILED' },
  });
  const ask = async (token: string, taskId: string) => {
    const input = { taskId, kind: 'APPROVAL', reason: 'May I?' };
    const query = 'mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }';
    return (await get<{ requestIntervention: { id: string } }>(url, token, query, { input }))
      .requestIntervention.id;
  };
  const interventionId = await ask(person.token, waiting);
  foreignIds = [
    stranger.projectId,
    foreignAgent,
    foreignTask,
    foreignKey.id,
    await ask(stranger.token, foreignTask),
  ];
  const introspection = getIntrospectionQuery();
  schema = buildClientSchema(await get<IntrospectionQuery>(url, person.token, introspection));
  const { projectId } = person;
  const email = (who: Person) => `${who.username}@example.com`;
  const list = '{ nodes { id } pageInfo { endCursor } totalCount }';
  const step = { key: 'a', type: 'LLM', name: 'call', error: { message: 'Overloaded' } };
  const taskId = await task();
  const add = (
    field: string,
    good: Record<string, unknown>,
    selection = '{ id }',
    more: Partial<Case> = {},
  ) => ({
    field,
    good,
    selection,
    ...more,
  });
  const queue = (limit: number, worker: string) => ({
    input: { projectId, worker, limit, leaseSeconds: 86_400 },
  });
  const waits = await makeTask(url, person.token, agentId, { start: false });
  const claim = 'mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) { id } }';
  await get(url, person.token, claim, queue(1, 'worker'));
  const days = { from: '2026-01-01', to: '2026-01-02' };
  const { setModelPrice, repriceSteps } = await get<Record<string, { id: string }>>(
    url,
    person.token,
    `mutation ($p: ID!) {
      setModelPrice(input: { projectId: $p, model: "own", inputUsd: 1, outputUsd: 2 }) { id }
      repriceSteps(projectId: $p, from: "2026-01-01", to: "2026-01-01") { id }
    }`,
    { p: projectId },
  );
  const login = { projectId, site: 'shop', account: 'robot', probeUrl: 'https://shop.invalid/' };
  const recipe = {
    url: 'https://shop.invalid/login',
    usernameSelector: '#user',
    username: 'robot',
    passwordSelector: '#password',
    password: 'a secret',
    submitSelector: 'button',
  };
  const putLogin = `mutation ($i: PutLoginSessionInput!) { putLoginSession(input: $i) { id } }`;
  const { putLoginSession } = await get<{ putLoginSession: { id: string } }>(url, person.token, putLogin, {
    i: { ...login, loggedInSelector: '#out' },
  });
  cases = [
    add('Query.auditLog', { projectId, filter: {} }, '{ nodes { id } }'),
    add('Query.verifyAuditLog', { projectId }, '{ intact }'),
    add('Query.project', { id: projectId }, '{ id }', { only: ['id'] }),
    add('Query.project', { slug: person.username }, '{ id }', { only: ['slug'] }),
    add('Query.agent', { id: agentId }),
    add('Query.agents', { projectId, filter: {} }, list),
    add('Query.classifyError', { input: { message: 'Too many requests' } }, '{ class }'),
    add('Query.interventions', { projectId }, list),
    add('Query.loginSessions', { projectId }),
    add('LoginSession.history', { first: 5 }, '{ at }', {
      within: [`loginSessions(projectId: "${projectId}") {`, '}'],
    }),
    add('Query.task', { id: taskId }),
    add('Query.taskByTrace', { projectId, traceId: '0af7651916cd43dd8448eb211c80319c' }),
    add('Query.tasks', { projectId, filter: {} }, list),
    add('Query.tasks', { projectId, orderBy: 'SLOWEST' }, list, { only: ['after', 'before'] }),
    add('Query.tasks', { projectId, orderBy: 'COSTLIEST' }, list, { only: ['after', 'before'] }),
    add('Query.searchSteps', { projectId, text: 'x', filter: {} }, '{ nodes { snippet } }'),
    add('Task.steps', { filter: {} }, '{ nodes { seq } totalCount }', {
      within: [`task(id: "${taskId}") {`, '}'],
    }),
    add('Query.dailyMetrics', { projectId, ...days }, '{ day }', { only: ['from', 'to', 'perAgent'] }),
    add('Query.dailyMetrics', { projectId, agentId, ...days }, '{ day }', { only: ['projectId', 'agentId'] }),
    add('Query.metricsSummary', { projectId, agentId, ...days }, '{ tasks }'),
    add('Query.costBreakdown', { projectId, by: 'MODEL', ...days }, '{ key }'),
    add('Query.modelPrices', { projectId }),
    add('Query.priceRun', { id: repriceSteps?.id }),
    add('Task.stepParents', { fromSeq: 1, first: 10 }, '{ parents }', {
      within: [`task(id: "${taskId}") {`, '}'],
    }),
    add('Task.step', { seq: 1 }, '{ seq }', { within: [`task(id: "${taskId}") {`, '}'] }),

    add(
      'Mutation.register',
      { input: { username: 'new', email: 'new@example.com', password: 'orchid lantern' } },
      '{ token }',
    ),
    add(
      'Mutation.login',
      { input: { login: other.username, password: 'correct horse battery' } },
      '{ token }',
    ),
    add(
      'Mutation.changePassword',
      { input: { currentPassword: 'correct horse battery', newPassword: 'orchid lantern' } },
      '{ token }',
      { token: other.token },
    ),
    add('Mutation.createProject', { input: { name: 'Another' } }),
    add('Mutation.updateProject', { input: { id: projectId, name: 'Renamed' } }),
    add('Mutation.setMember', { input: { projectId, email: email(other), role: 'VIEWER' } }, '{ role }'),
    add(
      'Mutation.inviteMember',
      { input: { projectId, email: 'guest@example.com', role: 'VIEWER' } },
      '{ token }',
    ),
    add('Mutation.createApiKey', { input: { projectId, name: 'key', scopes: ['READ'] } }, '{ secret }'),
    add('Mutation.revokeApiKey', { id: keyId }),
    add('Mutation.createAgent', { input: { projectId, name: 'new' } }),
    add('Mutation.ensureAgent', { input: { projectId, name: 'ensured' } }),
    add('Mutation.updateAgent', { input: { id: agentId, name: 'renamed' } }),
    add('Mutation.publishAgentVersion', { input: { agentId, model: 'next' } }),
    add('Mutation.createTask', { input: { agentId, name: 'new' } }),
    add('Mutation.createScrapingTask', {
      input: { projectId, kind: 'PAGE', url: 'http://127.0.0.1/', fields: [{ name: 'a', selector: 'b' }] },
    }),
    add(
      'Mutation.previewScraping',
      {
        input: { projectId, kind: 'PAGE', url: 'http://127.0.0.1/', fields: [{ name: 'a', selector: 'b' }] },
      },
      '{ problem }',
    ),
    add('Mutation.recordSteps', { input: { taskId, steps: [step] } }, '{ accepted rejected { key reason } }'),
    add('Mutation.reportProgress', { input: { taskId, progress: 0.5 } }),
    add('Mutation.requestIntervention', {
      input: { taskId: await task(), kind: 'QUESTION', reason: 'Which?' },
    }),
    add('Mutation.resolveIntervention', { input: { id: interventionId, status: 'APPROVED' } }),
    add(
      'Mutation.finishTask',
      { input: { taskId: await task(), status: 'FAILED', error: { message: 'Broke' } } },
      '{ task { id } }',
    ),
    add('Mutation.claimTasks', queue(1, 'another')),
    add('Mutation.extendLease', { taskId: waits, worker: 'worker', seconds: 86_400 }),
    add('Mutation.recomputeMetrics', { projectId, ...days }, '{ day }'),
    add('Mutation.setModelPrice', { input: { projectId, model: 'other', inputUsd: 1, outputUsd: 2 } }),
    add('Mutation.removeModelPrice', { id: setModelPrice?.id }, ''),
    add('Mutation.repriceSteps', { projectId, ...days }),
    add('Mutation.putLoginSession', {
      input: {
        ...login,
        loggedInSelector: '#out',
        loggedOutSelector: '#in',
        storageState: { cookies: [], origins: [] },
        recipe,
        checkEverySeconds: 600,
      },
    }),
    add('Mutation.checkLoginSession', { id: putLoginSession.id }),
    add('Mutation.cancelTask', { id: await task() }),
    add('Mutation.retryTask', { id: failed }),
    add('Mutation.removeLoginSession', { id: putLoginSession.id }, ''),
    // Last, since afterwards nothing is as it was.
    add('Mutation.removeMember', { projectId, userId: other.userId }, ''),
  ];
});
afterAll(() => server.stop());

interface Field {
  args: readonly GraphQLArgument[];
  spots: Spot[];
  /** The operation, every argument a variable. */
  document: string;
  /** The same with its arguments written into it. */
  written(values: Record<string, unknown>): string;
}

function fieldOf({ field, selection, within, only, good }: Case): Field {
  const [typeName = '', name = ''] = field.split('.');
  const { args } = (schema.getType(typeName) as GraphQLObjectType).getFields()[name]!;
  const [open, close] = within ?? ['', ''];
  const operation = typeName === 'Mutation' ? 'mutation' : 'query';
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const ask = (values: string) => `{ ${open} ${name}(${values}) ${selection} ${close} }`;
  return {
    args,
    spots: spotsOf(
      args.filter((arg) => !only || only.includes(arg.name)),
      good,
    ),
    document: `${operation} Q(${variables}) ${ask(args.map((arg) => `${arg.name}: $${arg.name}`).join(', '))}`,
    written: (values) => {
      const told = args.filter((arg) => values[arg.name] !== undefined);
      const written = told.map((arg) => `${arg.name}: ${writeLiteral(values[arg.name], arg.type)}`);
      return `${operation} ${ask(written.join(', '))}`;
    },
  };
}

const badValuesAt = (spot: Spot): BadValue[] => [
  ...badValuesFor(spot).filter((bad) => bad.value !== spot.good),
  ...(isId(spot) ? foreignIds.map((value) => ({ name: 'an id of others', value })) : []),
];
const isId = (spot: Spot) => /^ID!?$/.test(String(spot.type));

async function send(
  token: string | null,
  body: unknown,
): Promise<GraphqlAnswer<Record<string, unknown> | null>> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: writeBody(body),
  });
  return (await response.json()) as GraphqlAnswer<Record<string, unknown> | null>;
}

const tables = [
  'users',
  'projects',
  'memberships',
  'api_keys',
  'agents',
  'agent_versions',
  'tasks',
  'task_steps',
  'interventions',
  'model_prices',
  'task_queue',
];
/** All that is stored, but for when somebody was last seen, and how far the text search has it. */
async function dump(): Promise<string> {
  const rows = await server.database.query<{ name: string; rows: unknown }>(
    tables
      .map(
        (t) =>
          `SELECT '${t}' AS name, (SELECT json_agg(to_jsonb(r) - 'last_seen_at' - 'last_used_at' - 'searchable_revision' ORDER BY r::text) FROM ${t} r) AS rows`,
      )
      .join(' UNION ALL '),
  );
  return JSON.stringify(rows);
}

/** Every name of the path but the numbers of list entries: `input.steps[0].key` and `input.steps[3].key` are one place. */
const place = (path: string) => path.replaceAll(/\[\d+\]/g, '');

/** Why an answer is not the refusal that it must be; undefined where it is. */
function lapse(
  spot: Spot,
  bad: BadValue,
  { data, errors }: GraphqlAnswer<Record<string, unknown> | null>,
): string | undefined {
  const [error] = errors ?? [];
  if (!error) {
    const rejected = (data?.['recordSteps'] as { rejected: { reason: string }[] } | undefined)?.rejected;
    const step = /^input\.steps\[0\]\.(.*)$/.exec(spot.path)?.[1];
    if (rejected?.length === 1 && step && rejected[0]?.reason.startsWith(`${step}: `)) return undefined;
    // A filter by an id that is none of the project's finds nothing, and says so by an empty list.
    const isFilter = isId(spot) && spot.path.startsWith('filter.');
    if (isFilter && /"nodes":\[\]/.test(JSON.stringify(data))) return undefined;
    // And so does a number that no step has.
    if (spot.path === 'seq' && /"step":null/.test(JSON.stringify(data))) return undefined;
    return `was taken: ${JSON.stringify(data).slice(0, 200)}`;
  }
  const { code, fields } = error.extensions as { code: string; fields?: { path: string }[] };
  // A slug or a trace id that is none names nothing, as any other.
  if (code === 'NOT_FOUND' && (isId(spot) || /^(slug|traceId)$/.test(spot.path))) return undefined;
  if (code === 'QUERY_TOO_COMPLEX' && /^(first|last)$/.test(spot.path)) return undefined;
  if (code !== 'BAD_USER_INPUT') return `got ${code}: ${error.message.slice(0, 200)}`;
  const wanted =
    bad.name.startsWith('no ') && bad.name !== 'no id' ? `${spot.path}.${bad.name.slice(3)}` : spot.path;
  const named = (fields ?? []).map(({ path }) => place(path));
  return named.some((path) => path.startsWith(place(wanted)))
    ? undefined
    : `names ${JSON.stringify(named)}: ${error.message.slice(0, 200)}`;
}

const fieldsWithArguments = () =>
  Object.values(schema.getTypeMap())
    .filter((type) => 'getInterfaces' in type && !type.name.startsWith('__') && type.name !== 'Subscription')
    .flatMap((type) =>
      Object.values((type as GraphQLObjectType).getFields())
        .filter((field) => field.args.length > 0)
        .map((field) => `${type.name}.${field.name}`),
    )
    .sort();

describe('every argument of every field, with one bad value at a time', () => {
  test('no field is left out', () => {
    expect([...new Set(cases.map(({ field }) => field))].sort()).toEqual(fieldsWithArguments());
  });

  test('is refused by its code and place, whether interpreted or compiled, and changes nothing stored', async () => {
    const lapses: string[] = [];
    const before = await dump();
    let count = 0;
    for (const one of cases) {
      const { spots, document } = fieldOf(one);
      for (const spot of spots) {
        const tries = badValuesAt(spot).map(async (bad) => {
          const variables = spot.put(bad.value);
          // The first of a document is interpreted, the next ones are compiled.
          for (const query of [document, `${document} # ${count++}`]) {
            const problem = lapse(spot, bad, await send(one.token ?? person.token, { query, variables }));
            if (problem) lapses.push(`${one.field} ${spot.path}, ${bad.name}: ${problem}`);
          }
        });
        await Promise.all(tries);
        if ((await dump()) !== before) {
          throw new Error(`Something stored changed by ${one.field} ${spot.path}.\n${lapses.join('\n')}`);
        }
      }
    }
    expect(lapses).toEqual([]);
    expect(count).toBeGreaterThan(1000);
  });

  test('is refused as well where it is written into the document', async () => {
    const lapses: string[] = [];
    const before = await dump();
    for (const one of cases) {
      const { spots, written } = fieldOf(one);
      for (const spot of spots) {
        const tries = badValuesAt(spot).map(async (bad) => {
          const query = written(spot.put(bad.value));
          const answer = await send(one.token ?? person.token, { query });
          const [error] = answer.errors ?? [];
          // What is no GraphQL any more has no field that could be named.
          if (error?.message.startsWith('Syntax Error') || error?.extensions.code === 'QUERY_TOO_COMPLEX')
            return;
          const problem = lapse(spot, bad, answer);
          if (problem) lapses.push(`${one.field} ${spot.path}, ${bad.name}: ${problem}`);
        });
        await Promise.all(tries);
      }
      if ((await dump()) !== before) {
        throw new Error(`Something stored changed by ${one.field}.\n${lapses.join('\n')}`);
      }
    }
    expect(lapses).toEqual([]);
  });

  test('while the good values are taken', async () => {
    for (const one of cases) {
      if (one.field === 'Query.taskByTrace') continue;
      const { document: query } = fieldOf(one);
      const { errors } = await send(one.token ?? person.token, { query, variables: one.good });
      expect([one.field, errors]).toEqual([one.field, undefined]);
    }
  });

  test('and null, where a value may be left out, is no fault of the server', async () => {
    for (const one of cases) {
      const { document: query, spots } = fieldOf(one);
      for (const spot of spots.filter(({ type }) => !isNonNullType(type))) {
        const { errors } = await send(one.token ?? person.token, { query, variables: spot.put(null) });
        const code = errors?.[0]?.extensions.code;
        expect([one.field, spot.path, code]).not.toEqual([one.field, spot.path, 'INTERNAL']);
        if (
          one.field.startsWith('Query.') &&
          one.good[spot.path] === undefined &&
          one.field !== 'Query.taskByTrace'
        ) {
          expect([one.field, spot.path, code]).toEqual([one.field, spot.path, undefined]);
        }
      }
    }
  });
});
