import { z } from 'zod';
import { parseEgressAllow } from './egress-allow.js';

/** A whole number from the environment, within bounds. */
const whole = (standard: number, min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be ${min} or more`).max(max, `must be ${max} or less`))
    .default(standard);

const flag = (standard: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(standard ? 'true' : 'false')
    .transform((value) => value === 'true');

/** Exceptions of the egress guard, which reads them again; here they are only checked. */
const targets = z
  .string()
  .default('')
  .superRefine((text, check) => {
    try {
      parseEgressAllow(text);
    } catch (error) {
      check.addIssue(`holds an entry that is none: ${(error as Error).message}`);
    }
  });

const hostname = '[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*';

/** Names of hosts. */
const hostnames = z
  .string()
  .default('')
  .refine(
    (text) => new RegExp(`^(?:${hostname}(?:\\s*,\\s*${hostname})*)?$`).test(text),
    'must hold names of hosts alone, such as binnacle.example.com, separated by commas',
  );

/** Every setting, read once at start; the README lists the same with units and defaults, and a test compares the two. */
const settings = z.object({
  /** TCP port of the HTTP server; 0 takes a free one. */
  PORT: whole(4000, 0, 65_535),
  /** Address to listen on; 0.0.0.0 to be reached from other machines. */
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Where the embedded database and the generated secrets live. */
  BINNACLE_HOME: z.string().min(1).default('.binnacle'),
  /** postgres:// address; absent = the embedded PostgreSQL. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }).optional(),
  /** redis:// address; absent = events stay within this process, right for one process only. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// address' }).optional(),
  /** Signs session tokens; 32 characters or more; absent = made once and kept in BINNACLE_HOME. */
  JWT_SECRET: z.string().min(32, 'must have 32 characters or more').optional(),
  /** Encrypts stored secrets (login sessions); 32 characters or more; absent = made once and kept in BINNACLE_HOME. */
  ENCRYPTION_KEY: z.string().min(32, 'must have 32 characters or more').optional(),
  /** open: anyone may register; closed: only the first person may, then ADMINs add people. */
  REGISTRATION: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
  /** Number of reverse proxies in front whose X-Forwarded-For is believed. */
  TRUST_PROXY: whole(0, 0, 10),
  /** trace, debug, info, warn, error or silent. */
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Life of a session token, seconds. */
  SESSION_SECONDS: whole(3600, 60, 86_400),
  /** Connections to PostgreSQL per process. */
  DATABASE_POOL: whole(10, 2, 100),
  /** Longest time of one SQL statement, milliseconds. */
  STATEMENT_TIMEOUT_MS: whole(15_000, 100, 600_000),
  /** Whether clients may ask for the schema. */
  INTROSPECTION: flag(true),
  /** Deepest nesting of a query. */
  MAX_QUERY_DEPTH: whole(12, 1, 100),
  /** Highest cost of a query, in fields times rows asked for. */
  MAX_QUERY_COMPLEXITY: whole(50_000, 1, 10_000_000),
  /** Most aliases in one document. */
  MAX_QUERY_ALIASES: whole(30, 0, 10_000),
  /** Most tokens in one document. */
  MAX_QUERY_TOKENS: whole(4_000, 10, 1_000_000),
  /** Most operations in one HTTP request (a JSON array). */
  MAX_BATCH: whole(10, 1, 1000),
  /** Largest HTTP body, bytes. */
  MAX_BODY_BYTES: whole(16_777_216, 1024, 268_435_456),
  /** Largest WebSocket message from a client, bytes. */
  MAX_FRAME_BYTES: whole(1_048_576, 1024, 67_108_864),
  /** Most WebSockets of one process; more are refused with 503. */
  MAX_SOCKETS: whole(10_000, 1, 1_000_000),
  /** Most subscriptions over one socket. */
  MAX_SUBSCRIPTIONS: whole(100, 1, 100_000),
  /** How long a socket may wait before connection_init, milliseconds. */
  CONNECTION_INIT_TIMEOUT_MS: whole(5_000, 100, 60_000),
  /** Bytes that may wait for one slow subscriber before its socket is closed. */
  MAX_SOCKET_BACKLOG_BYTES: whole(8_388_608, 65_536, 1_073_741_824),
  /** How often watched tasks are compared with the database, milliseconds. */
  LIVE_SWEEP_MS: whole(2_000, 50, 60_000),
  /** How often each process reports how it is, for systemStatus, milliseconds. */
  STATUS_REPORT_MS: whole(5_000, 100, 60_000),
  /** Most steps in one recordSteps call. */
  MAX_STEPS_PER_CALL: whole(1000, 1, 10_000),
  /** Largest JSON value (input, output, attributes, config), bytes when written as text. */
  MAX_JSON_BYTES: whole(8_388_608, 1024, 67_108_864),
  /** A task told as a trace ends as TIMED_OUT when its root has not come and nothing else did for so long, seconds. */
  TRACE_QUIET_SECONDS: whole(3_600, 1, 2_592_000),
  /** How long running requests may take to finish when the server stops, milliseconds. */
  SHUTDOWN_GRACE_MS: whole(10_000, 0, 120_000),
  /** Jobs that one worker process runs at a time. */
  WORKER_CONCURRENCY: whole(4, 1, 64),
  /** Names by which /mcp may be called and whose pages may call it, separated by commas; addresses and localhost always may. */
  MCP_ALLOWED_HOSTS: hostnames,
  /** Hosts, addresses and ranges that pages may be fetched from though they are not public, separated by commas. */
  EGRESS_ALLOW: targets,
  /** The program of the Chromium that pages are opened in; absent = one is looked for. */
  CHROMIUM_PATH: z.string().min(1).optional(),
  /** Most browsers of one process. */
  BROWSER_POOL: whole(1, 1, 32),
  /** Most pages open at a time in one browser. */
  BROWSER_PAGES: whole(4, 1, 64),
  /** Pages after which a browser is replaced by a new one. */
  BROWSER_MAX_PAGES: whole(200, 1, 100_000),
  /** How often a browser is asked whether it still answers, and how long it may take, milliseconds. */
  BROWSER_WATCH_MS: whole(10_000, 200, 120_000),
  /** Between two requests to one host, over all workers, milliseconds. */
  SCRAPER_DELAY_MS: whole(1_000, 0, 60_000),
  /** Scraping tasks that one worker process runs at a time. */
  SCRAPER_CONCURRENCY: whole(4, 1, 64),
  /** Largest page that is read, as it is sent and decompressed, bytes. */
  SCRAPER_PAGE_BYTES: whole(10_485_760, 1024, 104_857_600),
  /** How long one page may take to come, milliseconds. */
  SCRAPER_PAGE_TIMEOUT_MS: whole(30_000, 100, 300_000),
});

export type Config = z.infer<typeof settings>;

/** Names every wrong setting at once, so that a person mends them in one go. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(
      `Binnacle did not start, because of wrong settings:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** Settings that name nothing here but look as if they should: a typo must not pass for a default. */
const foreign = /^(MAX_|LIVE_|DATABASE_|REDIS_|JWT_|ENCRYPTION_|STATUS_|SCRAPER_|BINNACLE_|MCP_)/;
const elsewhere = new Set(['BINNACLE_URL', 'BINNACLE_API_KEY']);

/**
 * Reads the settings from the environment. An empty variable counts as absent.
 * @throws ConfigError naming all that is wrong; nothing has been started then.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
  for (const name of Object.keys(given)) {
    if (foreign.test(name) && !(name in settings.shape) && !elsewhere.has(name)) {
      problems.push(`${name} is not a setting of Binnacle; see the README for their names`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

/** The names of all settings, for the test that holds the README to them. */
export const settingNames: readonly string[] = Object.keys(settings.shape);
