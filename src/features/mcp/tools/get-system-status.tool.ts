import { z } from 'zod';
import { Health, type SystemService } from '../../system/index.js';
import { timeSchema } from '../task-view.js';
import { defineTool } from '../tool.js';

/** One picture over all processes of Binnacle. */
const mcpSystemStatusResponse = z.object({
  status: z
    .enum(Health)
    .describe('Nothing is HEALTHY because nobody looked: UNKNOWN is what was not seen lately.'),
  uptime_seconds: z.number().describe('Since the oldest process that is there now started.'),
  version: z.string(),
  started_at: z.string(),
  observed_at: z.string().describe('When this picture was made.'),
  components: z.array(
    z.object({
      name: z.string(),
      health: z.enum(Health),
      detail: z.string().nullable(),
      observed_at: timeSchema,
      latency_ms: z.number().nullable(),
    }),
  ),
  queue: z
    .object({
      queued: z.int(),
      running: z.int(),
      waiting_for_human: z.int(),
      oldest_queued_ms: z.number().nullable(),
      finished_last_24h: z.int(),
      failed_last_24h: z.int(),
    })
    .describe('The tasks of your project.'),
  workers: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        hostname: z.string(),
        version: z.string(),
        started_at: z.string(),
        last_seen_at: z.string(),
        running_tasks: z.int(),
        capacity: z.int(),
      }),
    )
    .describe("Binnacle's own, and those that claim tasks of your project."),
  cpu_load: z.number().describe('Cores that all processes together keep busy; 1 = one core, fully.'),
  memory_rss_bytes: z.number().describe('Resident memory of all processes together.'),
  event_loop_delay_p99_ms: z.number().nullable(),
});

export function getSystemStatusTool(system: SystemService) {
  return defineTool({
    name: 'get_system_status',
    title: 'Get the status of Binnacle',
    description: 'How Binnacle itself is, over all its processes, at most a second old.',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    input: z.strictObject({}),
    output: mcpSystemStatusResponse,
    run: async (_, { context }) => {
      const picture = await system.status(context);
      const queue = await system.queue(context);
      const workers = await system.workers(context);
      return {
        status: picture.status,
        uptime_seconds: picture.uptimeSeconds,
        version: picture.version,
        started_at: picture.startedAt.toISOString(),
        observed_at: picture.observedAt.toISOString(),
        components: picture.components.map(({ name, health, detail, observedAt, latencyMs }) => ({
          name,
          health,
          detail,
          observed_at: observedAt?.toISOString() ?? null,
          latency_ms: latencyMs,
        })),
        queue: {
          queued: queue.queued,
          running: queue.running,
          waiting_for_human: queue.waitingForHuman,
          oldest_queued_ms: queue.oldestQueuedMs,
          finished_last_24h: queue.finishedLast24h,
          failed_last_24h: queue.failedLast24h,
        },
        workers: workers.map(
          ({ id, name, hostname, version, startedAt, lastSeenAt, runningTasks, capacity }) => ({
            id,
            name,
            hostname,
            version,
            started_at: startedAt.toISOString(),
            last_seen_at: lastSeenAt.toISOString(),
            running_tasks: runningTasks,
            capacity,
          }),
        ),
        cpu_load: picture.cpuLoad,
        memory_rss_bytes: picture.memoryRssBytes,
        event_loop_delay_p99_ms: picture.eventLoopDelayP99Ms,
      };
    },
  });
}
