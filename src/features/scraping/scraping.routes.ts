// Express 5 hands the rejections of handlers on to the error handler.
/* oxlint-disable oxc/no-async-endpoint-handlers */
import { once } from 'node:events';
import { Router, type Request, type Response } from 'express';
import { requireSignedIn } from '../../platform/access.js';
import { BadUserInputError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { ItemFormat, ScrapingItems } from './scraping-items.js';

const contentTypes: Record<ItemFormat, string> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** GET /api/tasks/:id/items?format=jsonl|csv: the items of a scraping task, as far as it has come. */
export function createScrapingRoutes(
  items: ScrapingItems,
  contextOf: (request: Request) => Promise<RequestContext>,
): Router {
  const router = Router();
  router.get('/api/tasks/:id/items', async (request, response) => {
    const context = await contextOf(request);
    requireSignedIn(context);
    const format = formatOf(request.query['format']);
    const { name, lines } = await items.open(context, request.params.id, format);
    response
      .status(200)
      .set('Content-Type', contentTypes[format])
      .set('Content-Disposition', `attachment; filename="${name}"`)
      .set('Cache-Control', 'no-store');
    for await (const text of lines) if (!(await write(response, text))) return;
    response.end();
  });
  return router;
}

function formatOf(value: unknown): ItemFormat {
  if (value === undefined || value === 'jsonl') return 'jsonl';
  if (value === 'csv') return 'csv';
  throw new BadUserInputError([{ path: 'format', message: 'The format is jsonl (standard) or csv.' }]);
}

/** @returns false where nobody reads any more */
async function write(response: Response, text: string): Promise<boolean> {
  if (response.destroyed) return false;
  if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  return !response.destroyed;
}
