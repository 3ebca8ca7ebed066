import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Task } from '../tasks/index.js';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { CreateScrapingTaskInput, PreviewScrapingInput } from './scraping.inputs.js';
import { ScrapingPreview } from './scraping-preview.js';
import type { ScrapingService } from './scraping.service.js';

@Resolver()
export class ScrapingResolver {
  constructor(private readonly service: ScrapingService) {}

  @Mutation(() => Task, {
    description:
      "Queues a task that one of Binnacle's workers carries out. Its items are its output, or stand in its steps where they are many; GET /api/tasks/:id/items has them as JSON Lines or CSV.",
  })
  @Access('ingest')
  createScrapingTask(
    @Arg('input', () => CreateScrapingTaskInput) input: CreateScrapingTaskInput,
    @Ctx() context: RequestContext,
  ): Promise<Task> {
    return this.service.create(context, input);
  }

  @Mutation(() => ScrapingPreview, {
    description:
      'Opens the first page as a task would, and tells what the selectors find; nothing is stored.',
  })
  @Access('ingest')
  previewScraping(
    @Arg('input', () => PreviewScrapingInput) input: PreviewScrapingInput,
    @Ctx() context: RequestContext,
  ): Promise<ScrapingPreview> {
    return this.service.preview(context, input);
  }
}
