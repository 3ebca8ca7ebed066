import { NotFoundError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { TaskService } from '../tasks/index.js';
import type { TraceService } from '../traces/index.js';
import { columnsOf, csvLine, csvRow, jsonLine } from './item-export.js';
import { standardNames } from './page-reading.js';
import { readPlan, scrapingType } from './scraping-plan.js';
import { readStored } from './stored-run.js';
import { storedSteps } from './stored-steps.js';

export type ItemFormat = 'jsonl' | 'csv';

/** The items of scraping tasks as files. They are read from the steps, so they are the same whatever the task's output holds. */
export class ScrapingItems {
  constructor(
    private readonly tasks: TaskService,
    private readonly traces: TraceService,
  ) {}

  /** @throws NotFoundError where the viewer's projects hold no such task, or it is none of scraping */
  async open(
    context: RequestContext,
    taskId: string,
    format: ItemFormat,
  ): Promise<{ name: string; lines: AsyncIterable<string> }> {
    const task = await this.tasks.get(context, taskId);
    if (task.type !== scrapingType) throw new NotFoundError('A scraping task of this id');
    const { fields, itemSelector } = readPlan(task.input);
    const columns = columnsOf(
      fields.map(({ name }) => name),
      standardNames(itemSelector !== null),
    );
    return { name: `items-${task.id}.${format}`, lines: this.#lines(task.id, format, columns) };
  }

  async *#lines(taskId: string, format: ItemFormat, columns: string[]): AsyncGenerator<string> {
    if (format === 'csv') yield csvLine(columns);
    for await (const { url, output, items } of readStored(storedSteps(this.traces, taskId))) {
      const page = output.url || url;
      const text = items.map((item) =>
        format === 'csv' ? csvRow(item, page, columns) : jsonLine(item, page),
      );
      if (text.length > 0) yield text.join('');
    }
  }
}
