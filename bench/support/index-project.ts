import { SearchIndexRepository } from '../../src/features/traces/search/search-index.repository.js';
import { SearchIndexer } from '../../src/features/traces/search/search-indexer.js';
import type { Database } from '../../src/platform/database.js';
import { JobQueue } from '../../src/platform/jobs.js';
import { createLogger } from '../../src/platform/logger.js';

/** Brings all steps of a project into the index of the text search, as the jobs of a worker would have by then. */
export async function indexProject(database: Database, projectId: string): Promise<void> {
  const repository = new SearchIndexRepository(database);
  const indexer = new SearchIndexer(database, repository, new JobQueue(), createLogger('warn'));
  for (let before = -1, runs = 0; runs !== before;) {
    await indexer.indexProject(projectId);
    before = runs;
    runs = (await database.query('SELECT 1 FROM search_runs')).length;
  }
}
