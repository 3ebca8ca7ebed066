import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import type { Logger } from '../../platform/logger.js';
import type { ProjectLoader } from '../projects/index.js';
import { Agent, AgentVersion } from './agent.entity.js';
import { AgentRepository } from './agent.repository.js';
import { AgentConnection, AgentResolver } from './agent.resolver.js';
import { AgentService } from './agent.service.js';

export { Agent, AgentKind, AgentStatus, AgentVersion } from './agent.entity.js';
export type { AgentService } from './agent.service.js';

export const agentEntities = [Agent, AgentVersion];

/** Agents and their versions. */
export function createAgents(deps: { database: Database; logger: Logger; projects: ProjectLoader }) {
  const service = new AgentService(deps.database, new AgentRepository(deps.database), deps.logger);
  return {
    service,
    resolvers: [new AgentResolver(service, deps.projects), countOf(AgentConnection)] as object[],
  };
}
