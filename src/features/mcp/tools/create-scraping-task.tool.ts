import { z } from 'zod';
import {
  CreateScrapingTaskInput,
  ScrapingEngine,
  ScrapingField,
  ScrapingKind,
  type ScrapingService,
} from '../../scraping/index.js';
import { requireValid } from '../../../platform/validation.js';
import { PayloadBudget } from '../payload-budget.js';
import { taskSchema, taskView } from '../task-view.js';
import { defineTool } from '../tool.js';

const selector = z.string().max(1000);
const field = z.strictObject({
  name: z.string().max(100).describe('Its name in the item.'),
  selector: selector.describe('CSS, looked for within the item; without item_selector within the page.'),
  attribute: z
    .string()
    .max(100)
    .optional()
    .describe('The attribute to take, such as href, which comes as a full address; left out: the text.'),
  many: z.boolean().default(false).describe('true: a list of all that match; false: the first, or null.'),
  required: z
    .boolean()
    .default(false)
    .describe('true: what lacks it is no item; a task that then finds no item at all has failed.'),
});

/** What to scrape and how; whether it makes sense together, and is CSS at all, the service says. */
const form = z.strictObject({
  kind: z
    .enum(ScrapingKind)
    .describe(
      'PAGE: one page, which is one item. LIST: the items of a list, over all its pages; it needs item_selector. CRAWL: the pages of one host that links lead to.',
    ),
  url: z.string().max(2000).describe('Where to begin; http or https.'),
  fields: z
    .array(field)
    .max(100)
    .optional()
    .describe('What each item is to hold; left out: title and text of a page, text and link of an item.'),
  item_selector: selector.optional().describe('CSS: what each item is within. For LIST and CRAWL.'),
  next_page_selector: selector
    .optional()
    .describe('CSS: the link to the next page of a LIST; left out, there is one page.'),
  link_selector: selector
    .optional()
    .describe('CSS: the links that a CRAWL follows, those to the same host only; "a[href]" unless told.'),
  max_pages: z.int().min(1).max(10_000).optional().describe('10 of a LIST, 50 of a CRAWL, unless told.'),
  max_depth: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('CRAWL: how many links lead at most to a page; 2 unless told.'),
  engine: z
    .enum(ScrapingEngine)
    .default(ScrapingEngine.AUTO)
    .describe(
      'HTTP: plain requests. BROWSER: scripts run. AUTO: the browser only where a page lacks what is wanted.',
    ),
  wait_for_selector: selector.optional().describe('CSS: what a browser waits for before it reads a page.'),
  login_session_id: z
    .string()
    .max(200)
    .optional()
    .describe('The account to be signed in with, from login_states of get_system_status.'),
  respect_robots: z.boolean().default(true).describe('true: what robots.txt does not allow is not fetched.'),
  timeout_ms: z.int().min(1000).max(2_147_483_647).optional().describe('Of one attempt; a day unless told.'),
  priority: z.int().min(-1000).max(1000).default(0).describe('Higher is sooner.'),
  idempotency_key: z
    .string()
    .max(500)
    .optional()
    .describe('The same key with the same arguments answers the same task: safe to send again.'),
});

export function createScrapingTaskTool(scraping: ScrapingService) {
  return defineTool({
    name: 'create_scraping_task',
    title: 'Create a scraping task',
    description:
      'Queues a task that reads a page, a list or the pages of a site. Answers at once with the task; get_task_status with wait_seconds follows it to its end, and its output holds the items.',
    permission: 'ingest',
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    },
    input: form,
    output: taskSchema,
    run: async (args, { context, projectId }) =>
      taskView(await scraping.create(context, await inputOf(args, projectId)), new PayloadBudget()),
  });
}

/** @throws BadUserInputError by the same rules as over GraphQL */
function inputOf(args: z.output<typeof form>, projectId: string): Promise<CreateScrapingTaskInput> {
  return requireValid(
    Object.assign(new CreateScrapingTaskInput(), {
      projectId,
      kind: args.kind,
      url: args.url,
      fields: args.fields?.map((one) => Object.assign(new ScrapingField(), one)),
      itemSelector: args.item_selector,
      nextPageSelector: args.next_page_selector,
      linkSelector: args.link_selector,
      maxPages: args.max_pages,
      maxDepth: args.max_depth,
      engine: args.engine,
      waitForSelector: args.wait_for_selector,
      loginSessionId: args.login_session_id,
      respectRobots: args.respect_robots,
      timeoutMs: args.timeout_ms,
      priority: args.priority,
      idempotencyKey: args.idempotency_key,
    }),
  );
}
