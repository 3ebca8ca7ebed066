import { Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { wiredBySchema, type Streams } from '../../platform/streams.js';
import type { SystemPicture } from './system-picture.js';
import type { SystemService } from './system.service.js';
import { QueueStatus, SystemStatus, WorkerStatus } from './system.types.js';

/** What the subscription below follows. */
export function systemStreams(system: SystemService): Streams {
  return { systemStatusChanged: (_args: object, context) => system.follow(context) };
}

@Resolver(() => SystemStatus)
export class SystemResolver {
  constructor(private readonly system: SystemService) {}

  @Query(() => SystemStatus, {
    description:
      'How Binnacle is, over all processes, at most a second old: for whoever is signed in, and for API keys of scope READ.',
  })
  @Access('signedIn')
  systemStatus(@Ctx() context: RequestContext): Promise<SystemPicture> {
    return this.system.status(context);
  }

  @Subscription(() => SystemStatus, {
    description:
      'How Binnacle is: now, then whenever that changed (a state, not the load), within seconds, and once a minute in any case.',
    subscribe: wiredBySchema,
  })
  @Access('signedIn')
  systemStatusChanged(@Root() picture: SystemPicture): SystemPicture {
    return picture;
  }

  @FieldResolver(() => QueueStatus, { description: 'Of the projects that you may read.' })
  queue(@Ctx() context: RequestContext): Promise<QueueStatus> {
    return this.system.queue(context);
  }

  @FieldResolver(() => [WorkerStatus], {
    description:
      'Those within Binnacle, then those that claim tasks of the projects that you may read; listed until they have been silent for 24 reports (2 minutes).',
  })
  workers(@Ctx() context: RequestContext): Promise<WorkerStatus[]> {
    return this.system.workers(context);
  }
}
