import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { Client } from 'graphql-ws';
import { createUnconnectedApp, schemaText } from '../src/commands/print-schema.js';
import { get, makeAgent, makeKey, makeTask, openSocket, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** Fields that say something to everybody, or to whoever is signed in, of nobody's project: each stands here on purpose. */
const open: Record<string, string> = {
  'Mutation.register': 'public',
  'Mutation.login': 'public',
  'Mutation.renewSession': 'signedIn',
  'Mutation.logout': 'signedIn',
  'Mutation.changePassword': 'signedIn',
  'Mutation.createProject': 'signedIn',
  'Query.me': 'signedIn',
  'Query.projects': 'signedIn',
  'Query.classifyError': 'signedIn',
  'Query.systemStatus': 'signedIn',
  'Subscription.systemStatusChanged': 'signedIn',
};

let server: TestServer;
let schema: GraphQLSchema;
let owner: Person;
let stranger: Person;
let strangerKey: string;
/** What the stranger knows of the owner's project: every id. */
const victim: Record<string, string> = {};

beforeAll(async () => {
  server = await startTestServer();
  schema = buildSchema(await schemaText());
  owner = await register(server.url, 'owner');
  stranger = await register(server.url, 'stranger');
  strangerKey = (await makeKey(server.url, stranger, ['INGEST', 'READ', 'WORK', 'MANAGE'])).secret;
  const agentId = await makeAgent(server.url, owner);
  const taskId = await makeTask(server.url, owner.token, agentId);
  const { requestIntervention } = await get<{ requestIntervention: { id: string } }>(
    server.url,
    owner.token,
    'mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
    { input: { taskId, kind: 'QUESTION', reason: 'Which one?' } },
  );
  const { setModelPrice, repriceSteps } = await get<Record<string, { id: string }>>(
    server.url,
    owner.token,
    `mutation ($p: ID!) {
      setModelPrice(input: { projectId: $p, model: "own", inputUsd: 1, outputUsd: 2 }) { id }
      repriceSteps(projectId: $p, from: "2026-01-01", to: "2026-01-01") { id }
    }`,
    { p: owner.projectId },
  );
  if (!setModelPrice || !repriceSteps) throw new Error('The owner has no price.');
  const { putLoginSession } = await get<{ putLoginSession: { id: string } }>(
    server.url,
    owner.token,
    `mutation ($p: ID!) { putLoginSession(input: { projectId: $p, site: "shop", account: "robot",
      probeUrl: "https://shop.invalid/", loggedInSelector: "#out" }) { id } }`,
    { p: owner.projectId },
  );
  Object.assign(victim, {
    projectId: owner.projectId,
    userId: owner.userId,
    agentId,
    taskId,
    'Query.project.id': owner.projectId,
    'Query.agent.id': agentId,
    'Query.task.id': taskId,
    'Mutation.updateProject.id': owner.projectId,
    'Mutation.updateAgent.id': agentId,
    'Mutation.cancelTask.id': taskId,
    'Mutation.retryTask.id': taskId,
    'Mutation.revokeApiKey.id': (await makeKey(server.url, owner, ['READ'])).id,
    'Mutation.resolveIntervention.id': requestIntervention.id,
    'Mutation.removeModelPrice.id': setModelPrice.id,
    'Query.priceRun.id': repriceSteps.id,
    'Mutation.checkLoginSession.id': putLoginSession.id,
    'Mutation.removeLoginSession.id': putLoginSession.id,
  });
});
afterAll(() => server.stop());

/** A good value of a type, so that nothing but the rights can be at fault; ids are the owner's. */
function valueOf(type: GraphQLInputType, name: string, field: string): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, name, field);
  if (isListType(type)) return [valueOf(type.ofType, name, field)];
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter((f) => isNonNullType(f.type) || f.name === 'id');
    return Object.fromEntries(needed.map((f) => [f.name, valueOf(f.type, f.name, field)]));
  }
  if (isEnumType(type)) return (special[`${field}.${name}`] ?? type.getValues()[0]?.name) as string;
  switch (getNamedType(type).name) {
    case 'ID': {
      const id = victim[name === 'id' ? `${field}.id` : name];
      if (!id) throw new Error(`${field}: say in this test which of the owner's ids "${name}" is.`);
      return id;
    }
    case 'Int':
    case 'Float':
      return 1;
    case 'Boolean':
      return true;
    case 'DateTime':
      return '2026-01-01T00:00:00.000Z';
    case 'Date':
      return '2026-01-01';
    case 'JSON':
      return {};
    default:
      if (/url$/i.test(name)) return 'https://shop.invalid/';
      return name === 'email' ? `${stranger.username}@example.com` : 'some text';
  }
}
const special: Record<string, string> = {
  'Mutation.finishTask.status': 'SUCCEEDED',
  'Mutation.resolveIntervention.status': 'ANSWERED',
};

/** An operation of one root field with good arguments, and the shortest selection. */
function operation(
  kind: 'query' | 'mutation' | 'subscription',
  root: string,
  field: GraphQLField<unknown, unknown>,
) {
  const wanted = field.args.filter(
    (arg) => isNonNullType(arg.type) || (arg.name === 'id' && root === 'Query'),
  );
  const variables = Object.fromEntries(
    wanted.map((arg) => [arg.name, valueOf(arg.type, arg.name, `${root}.${field.name}`)]),
  );
  const declared = wanted.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = wanted.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  const query = `${kind}${declared && `(${declared})`} { ${field.name}${passed && `(${passed})`}${selection} }`;
  return { query, variables };
}

type Ask = (token: string | null, query: string, variables: Record<string, unknown>) => Promise<unknown>;

const overHttp: Ask = async (token, query, variables) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return ((await response.json()) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions
    .code;
};

const overSocket: Ask = async (token, query, variables) => {
  const client: Client = openSocket(server.url, token);
  try {
    return await new Promise((resolve, reject) => {
      client.subscribe(
        { query, variables },
        {
          next: ({ errors }) => resolve(errors?.[0]?.extensions?.['code']),
          error: (error) => {
            const [first] = Array.isArray(error) ? (error as { extensions: { code: string } }[]) : [];
            if (first) resolve(first.extensions.code);
            else reject(new Error('The socket failed.', { cause: error }));
          },
          complete: () => resolve('it completed'),
        },
      );
    });
  } finally {
    await client.dispose();
  }
};

const roots = [
  { kind: 'query', name: 'Query', ask: overHttp },
  { kind: 'mutation', name: 'Mutation', ask: overHttp },
  { kind: 'subscription', name: 'Subscription', ask: overSocket },
] as const;

describe.each(roots)('$name, walked by a stranger who knows every id', ({ kind, name, ask }) => {
  const fields = () =>
    Object.values((schema.getType(name) as ReturnType<GraphQLSchema['getQueryType']>)?.getFields() ?? {});

  test('whoever is not signed in is told so, but for what is public', async () => {
    expect(fields().length).toBeGreaterThan(3);
    for (const field of fields()) {
      const path = `${name}.${field.name}`;
      if (open[path] === 'public') continue;
      const { query, variables } = operation(kind, name, field);
      expect(`${path} ${String(await ask(null, query, variables))}`).toBe(`${path} UNAUTHENTICATED`);
    }
  });

  test.each(['session', 'API key'])('by %s, what belongs to a project is not found', async (credentials) => {
    const token = credentials === 'session' ? stranger.token : strangerKey;
    for (const field of fields()) {
      const path = `${name}.${field.name}`;
      if (open[path]) continue;
      const { query, variables } = operation(kind, name, field);
      expect(`${path} ${String(await ask(token, query, variables))}`).toBe(`${path} NOT_FOUND`);
    }
  });
});

test('every root field declares its rule, and the open ones stand in the list above', async () => {
  const { schema: real } = await createUnconnectedApp();
  for (const root of [real.getQueryType(), real.getMutationType(), real.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const rule = field.extensions['access'];
      const path = `${root?.name}.${field.name}`;
      if (open[path]) expect(`${path} ${String(rule)}`).toBe(`${path} ${open[path]}`);
      else expect(['read', 'ingest', 'work', 'operate', 'manage']).toContain(rule);
    }
  }
});

test('nothing of the owner was changed by all this', async () => {
  const { task, agent } = await get<{
    task: { status: string; revision: number };
    agent: { status: string };
  }>(
    server.url,
    owner.token,
    'query($task: ID!, $agent: ID!) { task(id: $task) { status revision } agent(id: $agent) { status } }',
    { task: victim['taskId'], agent: victim['agentId'] },
  );
  expect({ task, agent }).toEqual({
    task: { status: 'WAITING_FOR_HUMAN', revision: 2 },
    agent: { status: 'ACTIVE' },
  });
});

test('people see of each other only what they share', async () => {
  await get(
    server.url,
    owner.token,
    'mutation($input: SetMemberInput!) { setMember(input: $input) { role } }',
    { input: { projectId: owner.projectId, email: `${stranger.username}@example.com`, role: 'VIEWER' } },
  );
  const members = await get<{
    project: { members: { user: { memberships: { project: { id: string } }[] } }[] };
  }>(
    server.url,
    owner.token,
    'query($id: ID!) { project(id: $id) { members { user { memberships { project { id } } } } } }',
    { id: owner.projectId },
  );
  const seen = members.project.members.flatMap(({ user }) =>
    user.memberships.map(({ project }) => project.id),
  );
  expect(new Set(seen)).toEqual(new Set([owner.projectId]));
});
