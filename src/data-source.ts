import { agentEntities } from './features/agents/index.js';
import { auditEntities } from './features/audit/index.js';
import { authEntities } from './features/auth/index.js';
import { loginEntities } from './features/logins/index.js';
import { metricsEntities } from './features/metrics/index.js';
import { priceEntities } from './features/prices/index.js';
import { projectEntities } from './features/projects/index.js';
import { scrapingEntities } from './features/scraping/index.js';
import { systemEntities } from './features/system/index.js';
import { taskEntities } from './features/tasks/index.js';
import { traceEntities } from './features/traces/index.js';
import { createDataSource } from './platform/database.js';
import { CreateAccess1764000000000 } from '../migrations/1764000000000-create-access.js';
import { CreateHostTurns1764000009000 } from '../migrations/1764000009000-create-host-turns.js';
import { CreateLoginSessions1764000010000 } from '../migrations/1764000010000-create-login-sessions.js';
import { CreateMetrics1764000003000 } from '../migrations/1764000003000-create-metrics.js';
import { CreatePrices1764000004000 } from '../migrations/1764000004000-create-prices.js';
import { CreateProcessReports1764000006000 } from '../migrations/1764000006000-create-process-reports.js';
import { AddBrowserReports1764000011000 } from '../migrations/1764000011000-add-browser-reports.js';
import { CreateStepSearch1764000002000 } from '../migrations/1764000002000-create-step-search.js';
import { CreateTraceHeads1764000007000 } from '../migrations/1764000007000-create-trace-heads.js';
import { CreateTaskQueue1764000008000 } from '../migrations/1764000008000-create-task-queue.js';
import { CreateTasks1764000001000 } from '../migrations/1764000001000-create-tasks.js';
import { IndexStepsAnew1764000012000 } from '../migrations/1764000012000-index-steps-anew.js';

const entities = [
  ...authEntities,
  ...projectEntities,
  ...auditEntities,
  ...agentEntities,
  ...taskEntities,
  ...metricsEntities,
  ...priceEntities,
  ...traceEntities,
  ...scrapingEntities,
  ...systemEntities,
  ...loginEntities,
];

/** In the order in which they run. */
const migrations = [
  CreateAccess1764000000000,
  CreateTasks1764000001000,
  CreateStepSearch1764000002000,
  CreateMetrics1764000003000,
  CreatePrices1764000004000,
  CreateProcessReports1764000006000,
  CreateTraceHeads1764000007000,
  CreateTaskQueue1764000008000,
  CreateHostTurns1764000009000,
  CreateLoginSessions1764000010000,
  AddBrowserReports1764000011000,
  IndexStepsAnew1764000012000,
];

/** The one data source, for the server, the migrations and the TypeORM command line. */
export function createBinnacleDataSource(options: {
  url: string;
  poolSize?: number;
  statementTimeoutMs?: number;
}) {
  const { url, poolSize = 10, statementTimeoutMs = 15_000 } = options;
  return createDataSource({ url, entities, migrations, poolSize, statementTimeoutMs });
}
