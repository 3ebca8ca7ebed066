import type { AgentService } from '../agents/index.js';
import type { ToldTrace, TraceTaskService } from '../tasks/index.js';
import { isDatabaseUnavailable, isGivenUp } from '../../platform/database.js';
import { DomainError, ForbiddenError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { RequestContext } from '../../platform/request-context.js';
import { TimeSlice } from '../../platform/time-slice.js';
import { requirePermission, requireViewer } from '../../platform/viewer.js';
import type { DecodedTraces, MappedSpan } from './otlp-span.js';
import { mapSpan } from './span-mapping.js';

/** What became of a request's spans; the rest was stored. */
export interface IntakeResult {
  rejected: number;
  /** Why, as sentences; empty where nothing was. */
  reason: string;
}

/** Takes spans in: each trace a task of the key's project, each span a step of it. */
export class TraceIntake {
  constructor(
    private readonly traces: TraceTaskService,
    private readonly agents: AgentService,
    private readonly logger: Logger,
  ) {}

  /** The project that the caller's key tells to. @throws UnauthenticatedError, ForbiddenError */
  projectOf(context: RequestContext): string {
    const viewer = requireViewer(context.viewer);
    const [projectId] = viewer.grants.keys();
    if (viewer.kind !== 'API_KEY' || projectId === undefined) {
      throw new ForbiddenError('Traces are told with an API key of scope INGEST, which says whose they are.');
    }
    requirePermission(viewer, projectId, 'ingest');
    return projectId;
  }

  /** Stores the spans; answers after the commit. What cannot be stored is named, the rest is kept. */
  async take(
    context: RequestContext,
    projectId: string,
    { spans, rejected }: DecodedTraces,
  ): Promise<IntakeResult> {
    const slice = new TimeSlice();
    const traces = new Map<string, MappedSpan[]>();
    for (const span of spans) {
      const mapped = mapSpan(span);
      const trace = traces.get(mapped.traceId);
      if (trace) trace.push(mapped);
      else traces.set(mapped.traceId, [mapped]);
      await slice.pause();
    }
    const told = [...traces].map(([traceId, mapped]): ToldTrace => ({ traceId, spans: mapped }));
    const notStored = told.length > 0 ? await this.#tell(context, projectId, told) : [];
    const refused = [...rejected.map(({ reason }) => reason), ...notStored];
    return { rejected: refused.length, reason: [...new Set(refused)].slice(0, 10).join(' ') };
  }

  /** @returns why spans were not stored, a sentence for each of them */
  async #tell(context: RequestContext, projectId: string, told: readonly ToldTrace[]): Promise<string[]> {
    const agentOf = (name: string) => this.agents.ensureByName(context, projectId, name);
    try {
      await this.traces.tell(context, projectId, told, agentOf);
      return [];
    } catch (error) {
      if (error instanceof DomainError || isDatabaseUnavailable(error) || isGivenUp(error)) throw error;
      this.logger.error(
        { err: error, requestId: context.requestId },
        'Spans were not stored by a fault of the server.',
      );
      if (told.length === 1) {
        const reason = `The trace ${told[0]?.traceId} could not be stored; tell us the request id ${context.requestId}.`;
        return told.flatMap(({ spans }) => spans.map(() => reason));
      }
    }
    // One trace that cannot be stored does not cost the others.
    const refused: string[][] = [];
    for (const trace of told) refused.push(await this.#tell(context, projectId, [trace]));
    return refused.flat();
  }
}
