import { v7 as uuid } from 'uuid';
import { recordAudit } from '../audit/index.js';
import { isUniqueViolation, type Database, type Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { Page, pageRequest, type PageArguments } from '../../platform/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission, type Permission } from '../../platform/viewer.js';
import { Agent, AgentKind, AgentStatus, AgentVersion } from './agent.entity.js';
import type {
  AgentFilter,
  CreateAgentInput,
  PublishAgentVersionInput,
  UpdateAgentInput,
} from './agent.inputs.js';
import type { AgentRepository } from './agent.repository.js';

const touchEveryMs = 30_000;
/** Of so many agents, a project gets no more by the names that traces tell. */
const mostByName = 1_000;

/** Agents and the versions they run in. */
export class AgentService {
  readonly #touchedAt = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly agents: AgentRepository,
    private readonly logger: Logger,
  ) {}

  /** @throws NotFoundError where the viewer's projects hold no such agent */
  async get(context: RequestContext, id: string, permission: Permission = 'read'): Promise<Agent> {
    const agent = isId(id) ? await this.agents.find(id) : null;
    if (!agent) throw new NotFoundError('The agent');
    requirePermission(context.viewer, agent.projectId, permission, 'The agent');
    return agent;
  }

  async list(
    context: RequestContext,
    projectId: string,
    filter: AgentFilter,
    pageArgs: PageArguments,
  ): Promise<Page<Agent>> {
    requirePermission(context.viewer, projectId, 'read');
    const request = pageRequest(pageArgs, ['text']);
    const rows = await this.agents.page(projectId, filter, request);
    return new Page(
      request,
      rows,
      (agent) => [agent.name],
      () => this.agents.count(projectId, filter),
    );
  }

  /** Makes an agent with its first version. @throws ConflictError where the name is taken */
  async create(context: RequestContext, input: CreateAgentInput): Promise<Agent> {
    requirePermission(context.viewer, input.projectId, 'ingest');
    const now = new Date();
    const version = this.#version(uuid(), 1, input, null, now);
    const agent = Object.assign(new Agent(), {
      id: version.agentId,
      projectId: input.projectId,
      name: input.name,
      description: input.description ?? null,
      kind: input.kind ?? AgentKind.LLM,
      status: AgentStatus.ACTIVE,
      currentVersionId: version.id,
      lastSeenAt: null,
      createdAt: now,
      updatedAt: now,
    });
    await this.#refusingTakenName(input.name, async (tx) => {
      await tx.insert(Agent, agent);
      await tx.insert(AgentVersion, version);
      const { id, name, kind } = agent;
      await recordAudit(tx, {
        context,
        projectId: agent.projectId,
        action: 'createAgent',
        subjectType: 'Agent',
        subjectId: id,
        after: { name, kind, provider: version.provider, model: version.model },
      });
    });
    return agent;
  }

  /** The agent of that name as it is, or, where the project has none yet, a new one of the input. */
  async ensure(context: RequestContext, input: CreateAgentInput): Promise<Agent> {
    requirePermission(context.viewer, input.projectId, 'ingest');
    const { projectId, name } = input;
    const found = await this.agents.findByName(projectId, name);
    if (found) return found;
    try {
      return await this.create(context, input);
    } catch (error) {
      // Somebody else made it meanwhile.
      const made = error instanceof ConflictError ? await this.agents.findByName(projectId, name) : null;
      if (made) return made;
      throw error;
    }
  }

  /**
   * As ensure, for names that traces tell: a project whose traces tell no end of names gets no end of agents. Past
   * 1,000 of them, what is new belongs to one named "other agents".
   */
  async ensureByName(context: RequestContext, projectId: string, name: string): Promise<Agent> {
    const found = await this.agents.findByName(projectId, name);
    if (found) return found;
    const isFull = (await this.agents.count(projectId, {})) >= mostByName;
    return this.ensure(context, { projectId, name: isFull ? 'other agents' : name });
  }

  async update(context: RequestContext, input: UpdateAgentInput): Promise<Agent> {
    const { projectId } = await this.get(context, input.id, 'operate');
    return this.#refusingTakenName(input.name ?? '', async (tx) => {
      const agent = await this.#lock(tx, input.id);
      const before = { name: agent.name, description: agent.description, status: agent.status };
      agent.name = input.name ?? agent.name;
      agent.description = input.description === undefined ? agent.description : input.description;
      agent.status = input.status ?? agent.status;
      agent.updatedAt = new Date();
      const after = { name: agent.name, description: agent.description, status: agent.status };
      await tx.update(Agent, { id: agent.id }, { ...after, updatedAt: agent.updatedAt });
      const subject = { subjectType: 'Agent', subjectId: agent.id };
      await recordAudit(tx, { context, projectId, action: 'updateAgent', ...subject, before, after });
      return agent;
    });
  }

  /** Makes the next version, which new tasks run from then on. */
  async publishVersion(context: RequestContext, input: PublishAgentVersionInput): Promise<AgentVersion> {
    const { projectId } = await this.get(context, input.agentId, 'operate');
    return this.database.transaction(async (tx) => {
      const agent = await this.#lock(tx, input.agentId);
      const number = (await this.agents.lastNumber(agent.id, tx.manager)) + 1;
      const version = this.#version(agent.id, number, input, input.note ?? null, new Date());
      await tx.insert(AgentVersion, version);
      await tx.update(
        Agent,
        { id: agent.id },
        {
          currentVersionId: version.id,
          updatedAt: version.createdAt,
        },
      );
      await recordAudit(tx, {
        context,
        projectId,
        action: 'publishAgentVersion',
        subjectType: 'Agent',
        subjectId: agent.id,
        before: { currentVersionId: agent.currentVersionId },
        after: { currentVersionId: version.id, number, provider: version.provider, model: version.model },
      });
      return version;
    });
  }

  /** The agents of those ids, for fields of objects that the viewer may already see. */
  loader(context: RequestContext) {
    return context.loader(this.agents, (ids) => this.agents.findMany(ids));
  }

  versionLoader(context: RequestContext) {
    return context.loader(AgentVersion, (ids) => this.agents.findVersions(ids));
  }

  versionsLoader(context: RequestContext) {
    return context.loader(this, (ids) => this.agents.findVersionsOf(ids));
  }

  /** Notes, without waiting, that an agent reported something: call after the commit. */
  touch(agentId: string): void {
    const now = Date.now();
    if (now - (this.#touchedAt.get(agentId) ?? 0) < touchEveryMs) return;
    if (this.#touchedAt.size > 10_000) this.#touchedAt.clear();
    this.#touchedAt.set(agentId, now);
    this.agents
      .touch(agentId)
      .catch((error: unknown) => this.logger.warn({ err: error, agentId }, 'lastSeenAt was not written.'));
  }

  #version(
    agentId: string,
    number: number,
    input: Pick<CreateAgentInput, 'provider' | 'model' | 'config'>,
    note: string | null,
    createdAt: Date,
  ): AgentVersion {
    const config = input.config ?? {};
    if (typeof config !== 'object' || Array.isArray(config)) {
      throw new BadUserInputError([{ path: 'input.config', message: 'A configuration is a JSON object.' }]);
    }
    const { provider = null, model = null } = input;
    return Object.assign(new AgentVersion(), {
      id: uuid(),
      agentId,
      number,
      provider,
      model,
      config,
      note,
      createdAt,
    });
  }

  async #lock(tx: Transaction, id: string): Promise<Agent> {
    const agent = await this.agents.lock(id, tx.manager);
    if (!agent) throw new NotFoundError('The agent');
    return agent;
  }

  async #refusingTakenName<T>(name: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isUniqueViolation(error, 'agents_name_unique')) throw error;
      throw new ConflictError(`This project already has an agent named "${name}".`);
    }
  }
}
