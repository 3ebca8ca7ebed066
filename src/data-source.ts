import { agentEntities } from './features/agents/index.js';
import { auditEntities } from './features/audit/index.js';
import { authEntities } from './features/auth/index.js';
import { projectEntities } from './features/projects/index.js';
import { taskEntities } from './features/tasks/index.js';
import { createDataSource } from './platform/database.js';
import { CreateAccess1764000000000 } from '../migrations/1764000000000-create-access.js';
import { CreateTasks1764000001000 } from '../migrations/1764000001000-create-tasks.js';

const entities = [...authEntities, ...projectEntities, ...auditEntities, ...agentEntities, ...taskEntities];

/** In the order in which they run. */
const migrations = [CreateAccess1764000000000, CreateTasks1764000001000];

/** The one data source, for the server, the migrations and the TypeORM command line. */
export function createBinnacleDataSource(options: {
  url: string;
  poolSize?: number;
  statementTimeoutMs?: number;
}) {
  const { url, poolSize = 10, statementTimeoutMs = 15_000 } = options;
  return createDataSource({ url, entities, migrations, poolSize, statementTimeoutMs });
}
