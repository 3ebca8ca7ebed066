import { graphqlRequest, GraphqlRequestError } from '../../platform/graphql-client.js';
import type { TauBenchSource } from './tau-bench.js';

/** Where a server is and who speaks to it. */
export interface ServerAccess {
  /** The address of its GraphQL endpoint. */
  url: string;
  apiKey: string;
  /** Ends what is under way. */
  signal?: AbortSignal;
}

export interface TargetProject {
  id: string;
  slug: string;
}

export interface TargetAgent {
  id: string;
  name: string;
}

/** The project to import into cannot be told; the message says why, and what to do. */
export class NoProjectError extends Error {
  override readonly name = 'NoProjectError';
}

const PROJECT_BY_SLUG = `query ImportProject($slug: String!) { project(slug: $slug) { id slug } }`;
const PROJECTS = `query ImportProjects { projects { id slug } }`;
const AGENTS = `
  query ImportAgents($projectId: ID!, $search: String!, $after: String) {
    agents(projectId: $projectId, filter: { search: $search }, first: 100, after: $after) {
      nodes { id name }
      pageInfo { hasNextPage endCursor }
    }
  }`;
const CREATE_AGENT = `mutation ImportCreateAgent($input: CreateAgentInput!) { createAgent(input: $input) { id name } }`;

/** Sends one operation of the import. */
export function ask<TData>(
  access: ServerAccess,
  query: string,
  variables: Record<string, unknown>,
): Promise<TData> {
  return graphqlRequest<TData>(access.url, { token: access.apiKey, query, variables, signal: access.signal });
}

/** What the server said against a request, with every field it named. */
export function describeRefusal({ message, fields }: GraphqlRequestError): string {
  return [message, ...fields.map((field) => `${field.path}: ${field.message}`)].join(' ');
}

/**
 * The project with this slug, or, without one, the only project which the key can see.
 * @throws NoProjectError when there is none, or more than one to choose from.
 */
export async function findProject(access: ServerAccess, slug: string | undefined): Promise<TargetProject> {
  if (slug !== undefined) {
    const project = await findProjectBySlug(access, slug);
    if (project) return project;
    throw new NoProjectError(
      `This API key sees no project with the slug "${slug}". Its slug stands in the project's settings.`,
    );
  }
  const { projects } = await ask<{ projects: TargetProject[] }>(access, PROJECTS, {});
  const [project, ...others] = projects;
  if (project === undefined)
    throw new NoProjectError('This API key sees no project. Make a key in the project to import into.');
  if (others.length > 0) {
    const slugs = projects.map((each) => each.slug).join(', ');
    throw new NoProjectError(`There is more than one project. Choose with --project one of: ${slugs}.`);
  }
  return project;
}

async function findProjectBySlug(access: ServerAccess, slug: string): Promise<TargetProject | null> {
  try {
    return (await ask<{ project: TargetProject | null }>(access, PROJECT_BY_SLUG, { slug })).project;
  } catch (error) {
    if (error instanceof GraphqlRequestError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** The agent of this name; made where the project has none yet. */
export async function findOrCreateAgent(
  access: ServerAccess,
  project: TargetProject,
  name: string,
  source: TauBenchSource,
): Promise<TargetAgent> {
  const existing = await findAgent(access, project, name);
  if (existing) return existing;
  const { provider, model } = source;
  const description = 'Runs of τ-bench, imported: their times and costs are not known.';
  const input = { projectId: project.id, name, description, kind: 'LLM', provider, model };
  try {
    return (await ask<{ createAgent: TargetAgent }>(access, CREATE_AGENT, { input })).createAgent;
  } catch (error) {
    const isMadeMeanwhile = error instanceof GraphqlRequestError && error.code === 'CONFLICT';
    const agent = isMadeMeanwhile ? await findAgent(access, project, name) : null;
    if (agent) return agent;
    throw error;
  }
}

interface AgentsPage {
  agents: { nodes: TargetAgent[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

async function findAgent(
  access: ServerAccess,
  project: TargetProject,
  name: string,
): Promise<TargetAgent | null> {
  let after: string | null = null;
  for (;;) {
    const { agents }: AgentsPage = await ask(access, AGENTS, { projectId: project.id, search: name, after });
    const agent = agents.nodes.find((node) => node.name === name);
    if (agent) return agent;
    if (!agents.pageInfo.hasNextPage) return null;
    after = agents.pageInfo.endCursor;
  }
}
