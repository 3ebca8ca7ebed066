import type { Request, Router } from 'express';
import type { AgentService } from '../agents/index.js';
import type { TraceTaskService } from '../tasks/index.js';
import { Admission } from '../../platform/admission.js';
import type { ErrorReporter } from '../../platform/error-format.js';
import type { Logger } from '../../platform/logger.js';
import type { RequestContext } from '../../platform/request-context.js';
import { createOtlpRoutes } from './otlp.routes.js';
import { TraceIntake } from './trace-intake.js';

/**
 * So many requests are read and stored at a time: each holds its body, its spans and a connection to the database. Others wait with
 * their bodies unread, and exporters that are turned away keep their batch and come back. Projects share the places.
 */
const limits = { atOnce: 4, mostWaiting: 256, mostWaitMs: 5_000 };
/** A body that is let in has so long to come: whoever stops in the middle of it holds up all others. Exporters wait no longer either. */
const longestBodyMs = 10_000;

export interface OtlpDependencies {
  traces: TraceTaskService;
  agents: AgentService;
  maxBodyBytes: number;
  logger: Logger;
}

/** OpenTelemetry in: traces as they come become tasks. */
export function createOtlp({ traces, agents, maxBodyBytes, logger }: OtlpDependencies) {
  const intake = new TraceIntake(traces, agents, logger);
  const admission = new Admission(limits);
  const body = { mostBytes: maxBodyBytes, mostMs: longestBodyMs };
  return {
    routes: (contextOf: (request: Request) => Promise<RequestContext>, errors: ErrorReporter): Router =>
      createOtlpRoutes({ intake, admission, body, contextOf, errors }),
  };
}
