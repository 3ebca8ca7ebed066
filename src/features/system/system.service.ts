import type { QueueState, QueueWatch } from '../tasks/index.js';
import { ForbiddenError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { requireViewer, type Viewer } from '../../platform/viewer.js';
import type { SystemLive } from './system-live.js';
import type { SystemPicture } from './system-picture.js';
import type { SystemWatch } from './system-watch.js';
import { builtInWorkers, listedWorker, type ListedWorker } from './worker-list.js';

/** How the system is, for those who may know: whoever is signed in, and API keys that may read. */
export class SystemService {
  constructor(
    private readonly watch: SystemWatch,
    private readonly live: SystemLive,
    private readonly queues: QueueWatch,
  ) {}

  async status(context: RequestContext): Promise<SystemPicture> {
    requireReader(context);
    return this.watch.picture();
  }

  /** The tasks of the projects that the viewer may read. */
  async queue(context: RequestContext): Promise<QueueState> {
    return this.queues.state(readable(requireReader(context)));
  }

  /** Binnacle's own workers, and those of the projects that the viewer may read. */
  async workers(context: RequestContext): Promise<ListedWorker[]> {
    const projectIds = readable(requireReader(context));
    const own = await builtInWorkers(await this.watch.processes(), this.queues);
    const others = await this.queues.workers(projectIds, this.watch.goneMs);
    return [...own, ...others.map(listedWorker)];
  }

  async follow(context: RequestContext): Promise<AsyncIterable<SystemPicture>> {
    requireReader(context);
    return this.live.follow();
  }
}

const readable = ({ grants }: Viewer) =>
  [...grants].filter(([, granted]) => granted.has('read')).map(([id]) => id);

/** @throws UnauthenticatedError without a viewer, ForbiddenError for an API key that may not read */
function requireReader({ viewer }: RequestContext): Viewer {
  const reader = requireViewer(viewer);
  const canRead = [...reader.grants.values()].some((granted) => granted.has('read'));
  if (reader.kind === 'API_KEY' && !canRead) throw new ForbiddenError('This API key lacks the scope READ.');
  return reader;
}
