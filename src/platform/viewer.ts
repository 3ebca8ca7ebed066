import { ForbiddenError, NotFoundError, UnauthenticatedError } from './errors.js';

/**
 * What may be done within a project: read it, tell it what agents do, take tasks from its queue, steer agents and tasks,
 * administer it.
 * Roles and scopes are sets of these; nothing else decides.
 */
export type Permission = 'read' | 'ingest' | 'work' | 'operate' | 'manage';

/** Who is asking: a person (through memberships) or an API key (of one project). */
export interface Viewer {
  kind: 'USER' | 'API_KEY';
  /** Id of the user or of the key. */
  id: string;
  /** For the audit log: the username or the key's name. */
  label: string;
  /** The session token's id; people only. */
  tokenId: string | null;
  /** When the credentials run out; null = never. */
  expiresAt: Date | null;
  /** The viewer's projects and what is allowed in each. */
  grants: ReadonlyMap<string, ReadonlySet<Permission>>;
}

export function isAllowed(viewer: Viewer, projectId: string, permission: Permission): boolean {
  return viewer.grants.get(projectId)?.has(permission) ?? false;
}

/**
 * Lets through who holds the permission in the project.
 * @throws UnauthenticatedError without a viewer
 * @throws NotFoundError for a project the viewer does not belong to, exactly as for one that never was
 * @throws ForbiddenError for a member without the permission
 */
export function requirePermission(
  viewer: Viewer | null,
  projectId: string,
  permission: Permission,
  what = 'The project',
): asserts viewer is Viewer {
  const signedIn = requireViewer(viewer);
  const granted = signedIn.grants.get(projectId);
  if (!granted) throw new NotFoundError(what);
  if (!granted.has(permission)) throw new ForbiddenError(missing(signedIn, permission));
}

/** @throws UnauthenticatedError without a viewer */
export function requireViewer(viewer: Viewer | null): Viewer {
  if (!viewer) throw new UnauthenticatedError();
  return viewer;
}

/** @throws ForbiddenError for an API key where a person is needed */
export function requirePerson(viewer: Viewer | null): Viewer & { tokenId: string } {
  const signedIn = requireViewer(viewer);
  if (signedIn.tokenId === null) {
    throw new ForbiddenError('This needs a person who is signed in; an API key cannot do it.');
  }
  return signedIn as Viewer & { tokenId: string };
}

function missing(viewer: Viewer, permission: Permission): string {
  const needed = { read: 'READ', ingest: 'INGEST', work: 'WORK', operate: 'MANAGE', manage: 'MANAGE' }[
    permission
  ];
  const role = { read: 'VIEWER', ingest: 'OPERATOR', work: 'OPERATOR', operate: 'OPERATOR', manage: 'ADMIN' }[
    permission
  ];
  return viewer.kind === 'API_KEY'
    ? `This API key lacks the scope ${needed}.`
    : `This needs the role ${role} in the project; ask one of its ADMINs.`;
}
