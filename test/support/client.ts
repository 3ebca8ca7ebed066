import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface GraphqlAnswer<Data> {
  data: Data;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: Record<string, unknown> & { code: string };
  }[];
}

/** One GraphQL operation over HTTP, answered as it came. */
export async function ask<Data = Record<string, never>>(
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlAnswer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer<Data>;
}

/** As ask, where any error fails the test. */
export async function get<Data = Record<string, never>>(
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const { data, errors } = await ask<Data>(url, token, query, variables);
  if (errors) throw new Error(`${query.slice(0, 80)}: ${JSON.stringify(errors)}`);
  return data;
}

/** The code of the first error of an answer; undefined where it has none. */
export async function codeOf(answer: Promise<GraphqlAnswer<unknown>>): Promise<string | undefined> {
  return (await answer).errors?.[0]?.extensions.code;
}

export interface Person {
  token: string;
  userId: string;
  username: string;
  projectId: string;
}

let people = 0;

/** Registers a person, who gets a project. */
export async function register(url: string, name = 'person'): Promise<Person> {
  const username = `${name}${process.pid}x${people++}`;
  const { register: session } = await get<{
    register: { token: string; user: { id: string; memberships: { project: { id: string } }[] } };
  }>(
    url,
    null,
    'mutation($input: RegisterInput!) { register(input: $input) { token user { id memberships { project { id } } } } }',
    { input: { username, email: `${username}@example.com`, password: 'correct horse battery' } },
  );
  const projectId = session.user.memberships[0]?.project.id ?? '';
  return { token: session.token, userId: session.user.id, username, projectId };
}

/** An API key of a project. */
export async function makeKey(
  url: string,
  person: Person,
  scopes: string[],
): Promise<{ id: string; secret: string }> {
  const { createApiKey } = await get<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
    url,
    person.token,
    'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }',
    { input: { projectId: person.projectId, name: scopes.join(' '), scopes } },
  );
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret };
}

export async function makeAgent(url: string, person: Person, name = 'agent'): Promise<string> {
  const { createAgent } = await get<{ createAgent: { id: string } }>(
    url,
    person.token,
    'mutation($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
    {
      input: {
        projectId: person.projectId,
        name: `${name}-${people++}`,
        provider: 'openai',
        model: 'gpt-4o',
      },
    },
  );
  return createAgent.id;
}

export async function makeTask(
  url: string,
  token: string,
  agentId: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { createTask } = await get<{ createTask: { id: string } }>(
    url,
    token,
    'mutation($input: CreateTaskInput!) { createTask(input: $input) { id } }',
    { input: { agentId, name: 'a task', start: true, ...more } },
  );
  return createTask.id;
}

/** A graphql-ws client of its own socket; retries as told, at once. */
export function openSocket(url: string, token: string | null, retryAttempts = 0): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    retryAttempts,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
}
