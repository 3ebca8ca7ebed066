import type { Database } from '../../platform/database.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { AuthEvents, OnRegistered, SessionTokens, UserLoader, UserRepository } from '../auth/index.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyResolver } from './api-key.resolver.js';
import { ApiKeyService } from './api-key.service.js';
import { LocalAccess } from './local-access.js';
import { MemberRepository } from './member.repository.js';
import { MemberResolver, ProjectMembersResolver, UserMembershipsResolver } from './member.resolver.js';
import { MemberService } from './member.service.js';
import { Membership } from './membership.entity.js';
import { Project } from './project.entity.js';
import { ProjectLoader } from './project-loader.js';
import { ProjectRepository } from './project.repository.js';
import { ProjectResolver } from './project.resolver.js';
import { ProjectService } from './project.service.js';

export { WhichProjectError } from './local-access.js';
export { Membership } from './membership.entity.js';
export { Project } from './project.entity.js';
export type { ProjectLoader } from './project-loader.js';

export const projectEntities = [Project, Membership, ApiKey];

export interface ProjectDependencies {
  database: Database;
  events: PubSub<AuthEvents>;
  users: UserRepository;
  userLoader: UserLoader;
  tokens: SessionTokens;
}

/** Projects, who belongs to them, and their API keys. */
export function createProjects({ database, events, users, userLoader, tokens }: ProjectDependencies) {
  const projects = new ProjectRepository(database);
  const members = new MemberRepository(database);
  const service = new ProjectService(database, projects, members);
  const memberService = new MemberService(database, projects, members, users, tokens, events);
  const apiKeys = new ApiKeyService(database, events);
  const localAccess = new LocalAccess(database, apiKeys);
  const projectLoader = new ProjectLoader(projects);
  /** For auth: a person who registers gets a project, and joins the one of the invitation. */
  const welcome: OnRegistered = async (tx, registered) => {
    await service.welcome(tx, registered);
    await memberService.welcome(tx, registered);
    await localAccess.adopt(tx, registered);
  };
  return {
    service,
    members: memberService,
    apiKeys,
    localAccess,
    projectLoader,
    welcome,
    resolvers: [
      new ProjectResolver(service),
      new MemberResolver(memberService, userLoader, projectLoader),
      new ProjectMembersResolver(members),
      new UserMembershipsResolver(memberService, members),
      new ApiKeyResolver(apiKeys),
    ] as object[],
  };
}
