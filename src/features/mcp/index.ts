import type { Request, Router } from 'express';
import type { LoginService } from '../logins/index.js';
import type { MetricsService } from '../metrics/index.js';
import type { ScrapingService } from '../scraping/index.js';
import type { SystemService } from '../system/index.js';
import type { InterventionService, TaskService } from '../tasks/index.js';
import type { TraceService } from '../traces/index.js';
import type { ErrorReporter } from '../../platform/error-format.js';
import type { Logger } from '../../platform/logger.js';
import type { RequestContext } from '../../platform/request-context.js';
import { createMcpRoutes } from './mcp.routes.js';
import { OpenWaits } from './open-waits.js';
import { answerInterventionTool } from './tools/answer-intervention.tool.js';
import { cancelTaskTool } from './tools/cancel-task.tool.js';
import { createScrapingTaskTool } from './tools/create-scraping-task.tool.js';
import { getMetricsTool } from './tools/get-metrics.tool.js';
import { getSystemStatusTool } from './tools/get-system-status.tool.js';
import { getTaskStatusTool } from './tools/get-task-status.tool.js';
import { getTraceTool } from './tools/get-trace.tool.js';
import { listTasksTool } from './tools/list-tasks.tool.js';
import { searchStepsTool } from './tools/search-steps.tool.js';

export interface McpDependencies {
  tasks: TaskService;
  humans: InterventionService;
  traces: TraceService;
  metrics: MetricsService;
  scraping: ScrapingService;
  system: SystemService;
  logins: LoginService;
  /** Of Binnacle. */
  version: string;
  maxBodyBytes: number;
  maxBatch: number;
  /** Names that the server is called by, separated by commas: MCP_ALLOWED_HOSTS. */
  allowedHosts: string;
  logger: Logger;
}

/** The Model Context Protocol: what the services do, as tools for models and the programs around them. */
export function createMcp({
  tasks,
  humans,
  traces,
  metrics,
  scraping,
  system,
  logins,
  allowedHosts,
  ...settings
}: McpDependencies) {
  const waits = new OpenWaits();
  const tools = [
    createScrapingTaskTool(scraping),
    getTaskStatusTool({ tasks, traces, humans, waits }),
    getSystemStatusTool(system, logins),
    listTasksTool(tasks),
    getTraceTool(tasks, traces),
    searchStepsTool(traces),
    getMetricsTool(metrics),
    cancelTaskTool(tasks),
    answerInterventionTool(humans, tasks),
  ];
  return {
    waits,
    routes: (contextOf: (request: Request) => Promise<RequestContext>, errors: ErrorReporter): Router =>
      createMcpRoutes({ tools, allowedHosts: namesOf(allowedHosts), contextOf, errors, ...settings }),
  };
}

const namesOf = (list: string) => list.split(',').map((name) => name.trim().toLowerCase());
