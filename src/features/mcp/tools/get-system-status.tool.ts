import { z } from 'zod';
import { LoginState, type LoginService } from '../../logins/index.js';
import { BrowserState, Health, type SystemService } from '../../system/index.js';
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
  browser_instances: z
    .object({
      available: z.boolean(),
      reason: z.string().nullable().describe('Why no browser can be used, and what to do; null = one can.'),
      total: z.int(),
      idle: z.int(),
      busy: z.int(),
      unresponsive: z.int(),
      instances: z.array(
        z.object({
          id: z.string(),
          worker: z.string().describe('The process that it belongs to, as host:pid.'),
          state: z.enum(BrowserState),
          pages: z.int().describe('Opened in it so far.'),
          memory_bytes: z.number().nullable(),
          started_at: z.string(),
          last_seen_at: z.string(),
          current_task_id: z.string().nullable(),
        }),
      ),
    })
    .describe('The browsers of all processes; they start when pages are wanted.'),
  login_states: z
    .array(
      z.object({
        login_session_id: z.string(),
        site: z.string(),
        account: z.string(),
        state: z.enum(LoginState),
        detail: z.string().nullable().describe('Why it is in this state.'),
        checked_at: timeSchema,
        next_check_at: z.string(),
        expires_at: z
          .string()
          .nullable()
          .describe('When the first of its session cookies ends; null = none says.'),
      }),
    )
    .describe('The accounts of your project, and whether they are signed in at their sites.'),
  cpu_load: z.number().describe('Cores that all processes together keep busy; 1 = one core, fully.'),
  memory_rss_bytes: z.number().describe('Resident memory of all processes together.'),
  event_loop_delay_p99_ms: z.number().nullable(),
});

export function getSystemStatusTool(system: SystemService, logins: LoginService) {
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
      const sessions = await logins.ofViewer(context);
      const { instances, ...browsers } = picture.browserInstances;
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
        browser_instances: {
          ...browsers,
          instances: instances.map(
            ({ id, worker, state, pages, memoryBytes, startedAt, lastSeenAt, currentTaskId }) => ({
              id,
              worker,
              state,
              pages,
              memory_bytes: memoryBytes,
              started_at: startedAt.toISOString(),
              last_seen_at: lastSeenAt.toISOString(),
              current_task_id: currentTaskId,
            }),
          ),
        },
        login_states: sessions.map(
          ({ id, site, account, state, detail, checkedAt, nextCheckAt, expiresAt }) => ({
            login_session_id: id,
            site,
            account,
            state,
            detail,
            checked_at: checkedAt?.toISOString() ?? null,
            next_check_at: nextCheckAt.toISOString(),
            expires_at: expiresAt?.toISOString() ?? null,
          }),
        ),
        cpu_load: picture.cpuLoad,
        memory_rss_bytes: picture.memoryRssBytes,
        event_loop_delay_p99_ms: picture.eventLoopDelayP99Ms,
      };
    },
  });
}
