import { In, type EntityManager } from 'typeorm';
import type { Database } from '../../platform/database.js';
import type { PageRequest } from '../../platform/pagination.js';
import { Agent, AgentVersion } from './agent.entity.js';
import type { AgentFilter } from './agent.inputs.js';

/** Rows of agents and of their versions. */
export class AgentRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: EntityManager = this.database.manager): Promise<Agent | null> {
    return manager.findOneBy(Agent, { id });
  }

  findByName(projectId: string, name: string): Promise<Agent | null> {
    return this.database.manager.findOneBy(Agent, { projectId, name });
  }

  /** The agent, locked against other changes until the transaction ends. */
  lock(id: string, manager: EntityManager): Promise<Agent | null> {
    return manager.findOne(Agent, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async findMany(ids: readonly string[]): Promise<(Agent | null)[]> {
    const found = await this.database.manager.findBy(Agent, { id: In(ids) });
    const byId = new Map(found.map((agent) => [agent.id, agent]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findVersions(ids: readonly string[]): Promise<(AgentVersion | null)[]> {
    const found = await this.database.manager.findBy(AgentVersion, { id: In(ids) });
    const byId = new Map(found.map((version) => [version.id, version]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** All versions of each agent, newest first. */
  async findVersionsOf(agentIds: readonly string[]): Promise<AgentVersion[][]> {
    const found = await this.database.manager.find(AgentVersion, {
      where: { agentId: In(agentIds) },
      order: { number: 'DESC' },
    });
    return agentIds.map((id) => found.filter((version) => version.agentId === id));
  }

  async lastNumber(agentId: string, manager: EntityManager): Promise<number> {
    return (await manager.maximum(AgentVersion, 'number', { agentId })) ?? 0;
  }

  /** By name, served by the unique index on (project, name). One row more than asked for, where there is one. */
  page(projectId: string, filter: AgentFilter, request: PageRequest): Promise<Agent[]> {
    const query = this.#filtered(projectId, filter)
      .orderBy('agent.name')
      .limit(request.limit + 1);
    if (request.from) query.andWhere('agent.name > :from', { from: request.from[0] });
    return query.getMany();
  }

  count(projectId: string, filter: AgentFilter): Promise<number> {
    return this.#filtered(projectId, filter).getCount();
  }

  /** Notes that the agent was heard of; writes at most once in half a minute, whoever asks. */
  async touch(agentId: string): Promise<void> {
    await this.database.query(
      `UPDATE agents SET last_seen_at = now()
       WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < now() - interval '30 seconds')`,
      [agentId],
    );
  }

  #filtered(projectId: string, filter: AgentFilter) {
    const query = this.database.manager
      .createQueryBuilder(Agent, 'agent')
      .where('agent.projectId = :projectId', { projectId });
    if (filter.kinds) query.andWhere('agent.kind = ANY(:kinds)', { kinds: filter.kinds });
    if (filter.statuses) query.andWhere('agent.status = ANY(:statuses)', { statuses: filter.statuses });
    if (filter.search) {
      query.andWhere('strpos(lower(agent.name), lower(:text)) > 0', { text: filter.search });
    }
    return query;
  }
}
