import { AgentKind, type Agent, type AgentService } from '../agents/index.js';
import type { Task, TaskService } from '../tasks/index.js';
import { ConflictError, NotFoundError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import type { CreateScrapingTaskInput, PreviewScrapingInput } from './scraping.inputs.js';
import type { ScrapingPreview, ScrapingPreviews } from './scraping-preview.js';
import { planOf, scrapingType, type ScrapingPlan } from './scraping-plan.js';
import type { ScrapingLogins } from './signed-out.js';

export const agentName = 'Scraper';
const description = "Binnacle's own: its workers carry out what createScrapingTask asks for.";
const dayMs = 86_400_000;
/** A worker that is lost, or stopped, is followed by another that goes on where it was. */
const maxAttempts = 5;

/** Makes scraping tasks, which are tasks like all others; workers carry them out. */
export class ScrapingService {
  constructor(
    private readonly tasks: TaskService,
    private readonly agents: AgentService,
    private readonly previews: ScrapingPreviews,
    private readonly logins: ScrapingLogins | undefined,
  ) {}

  /** @throws BadUserInputError, NotFoundError, ConflictError as createTask does */
  async create(context: RequestContext, input: CreateScrapingTaskInput): Promise<Task> {
    const plan = await this.#plan(context, input);
    const { host, pathname } = new URL(plan.url);
    const what = { PAGE: 'Page', LIST: 'List', CRAWL: 'Crawl' }[plan.kind];
    const { id: agentId } = await this.#agent(context, input.projectId);
    const task = {
      agentId,
      type: scrapingType,
      name: `${what}: ${host}${pathname}`.slice(0, 500).toWellFormed(),
      input: plan,
      priority: input.priority ?? 0,
      maxAttempts,
      timeoutMs: input.timeoutMs ?? dayMs,
      start: false,
      idempotencyKey: input.idempotencyKey ?? null,
    };
    return this.tasks.create(context, task, true);
  }

  /** What the selectors find on the first page, as it is now. */
  async preview(context: RequestContext, input: PreviewScrapingInput): Promise<ScrapingPreview> {
    const plan = await this.#plan(context, input);
    return this.previews.show(plan, input.projectId);
  }

  async #plan(context: RequestContext, input: CreateScrapingTaskInput): Promise<ScrapingPlan> {
    requirePermission(context.viewer, input.projectId, 'ingest');
    const plan = planOf(input);
    const { loginSessionId: id } = plan;
    if (id !== null && !(isId(id) && (await this.logins?.find(input.projectId, id)))) {
      throw new NotFoundError('The login session');
    }
    return plan;
  }

  /** The project's scraper, which appears with its first task. */
  async #agent(context: RequestContext, projectId: string): Promise<Agent> {
    const kind = AgentKind.SCRAPER;
    const agent = await this.agents.ensure(context, { projectId, name: agentName, description, kind });
    if (agent.kind === kind) return agent;
    throw new ConflictError(
      `The project has an agent named "${agentName}" of the kind ${agent.kind}; give that one another name.`,
    );
  }
}
