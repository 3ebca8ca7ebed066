import { graphqlRequest, GraphqlRequestError } from '../platform/graphql-client.js';

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

/** The project cannot be told; the message says why, and what to do. */
export class NoProjectError extends Error {
  override readonly name = 'NoProjectError';
}

const PROJECT_BY_SLUG = `query CommandProject($slug: String!) { project(slug: $slug) { id slug } }`;
const PROJECTS = `query CommandProjects { projects { id slug } }`;

/** Sends one operation. */
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
    throw new NoProjectError('This API key sees no project. Make a key in the project that is meant.');
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
