import { registerEnumType } from 'type-graphql';
import type { Permission } from '../../platform/viewer.js';

export enum ProjectRole {
  ADMIN = 'ADMIN',
  OPERATOR = 'OPERATOR',
  VIEWER = 'VIEWER',
}
registerEnumType(ProjectRole, {
  name: 'ProjectRole',
  description: 'What a person may do in a project.',
  valuesConfig: {
    ADMIN: { description: 'Everything, with members, API keys, settings and the audit log.' },
    OPERATOR: { description: 'Reads, reports, and steers agents and tasks.' },
    VIEWER: { description: 'Reads.' },
  },
});

export enum ApiKeyScope {
  INGEST = 'INGEST',
  WORK = 'WORK',
  READ = 'READ',
  MANAGE = 'MANAGE',
}
registerEnumType(ApiKeyScope, {
  name: 'ApiKeyScope',
  description: 'What an API key may do in its project.',
  valuesConfig: {
    INGEST: { description: 'Reports tasks and steps.' },
    WORK: { description: 'Takes tasks from the queue and reports on them.' },
    READ: { description: 'Reads.' },
    MANAGE: { description: 'Everything that an ADMIN may do.' },
  },
});

const permissionsOfRole: Record<ProjectRole, readonly Permission[]> = {
  ADMIN: ['read', 'ingest', 'work', 'operate', 'manage'],
  OPERATOR: ['read', 'ingest', 'work', 'operate'],
  VIEWER: ['read'],
};

const permissionsOfScope: Record<ApiKeyScope, readonly Permission[]> = {
  INGEST: ['ingest'],
  WORK: ['ingest', 'work'],
  READ: ['read'],
  MANAGE: ['read', 'ingest', 'work', 'operate', 'manage'],
};

export type Grants = ReadonlyMap<string, ReadonlySet<Permission>>;

/** What memberships allow: the roles by project id. */
export function grantsOfRoles(roles: Readonly<Record<string, ProjectRole>>): Grants {
  return new Map(Object.entries(roles).map(([id, role]) => [id, new Set(permissionsOfRole[role])]));
}

/** What an API key allows in its one project. */
export function grantsOfScopes(projectId: string, scopes: readonly ApiKeyScope[]): Grants {
  return new Map([[projectId, new Set(scopes.flatMap((scope) => permissionsOfScope[scope]))]]);
}

/** Whether a role allows something that another does not. */
export function isLowerRole(role: ProjectRole, than: ProjectRole): boolean {
  return permissionsOfRole[role].length < permissionsOfRole[than].length;
}

/** Whether everything that was granted still is. */
export function stillHolds(granted: Grants, now: Grants): boolean {
  for (const [projectId, permissions] of granted) {
    const held = now.get(projectId);
    for (const permission of permissions) if (!held?.has(permission)) return false;
  }
  return true;
}
