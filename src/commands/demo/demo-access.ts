import { graphqlEndpoint } from '../../platform/graphql-client.js';
import { Home } from '../../platform/home.js';
import { findOrStartServer } from '../local-server.js';
import { UsageError } from '../server-connection.js';
import { DemoPerson } from './demo-person.js';
import { FleetApi, type FleetProject } from './fleet-api.js';

/** The server, the project and the key of a demo. */
export interface DemoAccess {
  /** The server's address. */
  url: string;
  endpoint: string;
  project: FleetProject;
  apiKey: string;
  /** Null where a key was given: nobody signs in then. */
  person: DemoPerson | null;
  /** Whether the server was started for the demo, and stops with it. */
  isOwnServer: boolean;
  /** Revokes the key, signs out and stops what was started. Answers what could not be done, as sentences. */
  close(): Promise<string[]>;
}

const createKey = `mutation DemoKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { secret apiKey { id } } }`;
const revokeKey = 'mutation DemoRevokeKey($id: ID!) { revokeApiKey(id: $id) { id } }';

/**
 * By BINNACLE_URL and BINNACLE_API_KEY, or as the demo person of this folder's server.
 * @throws UsageError where only one of the two is set
 * @throws NoDemoPersonError, GraphqlRequestError; a server that was started is stopped then
 */
export async function openDemo(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<DemoAccess> {
  const { BINNACLE_URL: url, BINNACLE_API_KEY: apiKey } = env;
  if (!url && !apiKey) return openLocally();
  if (!apiKey)
    throw new UsageError('BINNACLE_URL is set, but BINNACLE_API_KEY is not. Set both, or neither.');
  if (!url) throw new UsageError('BINNACLE_API_KEY is set, but BINNACLE_URL is not. Set both, or neither.');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`BINNACLE_URL is no http or https address: "${url}".`);
  }
  const endpoint = graphqlEndpoint(url);
  const project = await new FleetApi(endpoint, apiKey, signal).project();
  const close = () => Promise.resolve([]);
  return { url, endpoint, project, apiKey, person: null, isOwnServer: false, close };
}

async function openLocally(): Promise<DemoAccess> {
  const server = await findOrStartServer();
  try {
    const endpoint = graphqlEndpoint(server.url);
    const person = await DemoPerson.open(endpoint, new Home(server.config.BINNACLE_HOME).path);
    const { project } = person;
    const input = { projectId: project.id, name: 'npm run demo', scopes: ['INGEST', 'READ'] };
    const { createApiKey } = await person.ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      createKey,
      { input },
    );
    const close = async () => {
      const problems: string[] = [];
      try {
        await person.ask(revokeKey, { id: createApiKey.apiKey.id }, { attempts: 3 });
        await person.signOut();
      } catch (error) {
        problems.push(`The demo's API key could not be revoked: ${String(error)}`);
      }
      await server.stop();
      return problems;
    };
    const { url, isOwn: isOwnServer } = server;
    return { url, endpoint, project, apiKey: createApiKey.secret, person, isOwnServer, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
