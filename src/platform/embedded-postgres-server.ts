import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describeProcess } from './embedded-postgres-lock.js';
import type { Account, PostgresPrograms } from './embedded-postgres-place.js';

/** What is needed to run PostgreSQL: its programs, the folder that holds `data`, and whom to run it as. */
export interface PostgresSite {
  readonly programs: PostgresPrograms;
  readonly folder: string;
  readonly account?: Account | undefined;
}

/** A PostgreSQL server that accepts connections. */
export interface PostgresServer {
  readonly port: number;
  /** Ends it in good order: sessions are cut, everything is written. Does nothing when it has ended already. */
  stop(): Promise<void>;
}

type StopSignal = 'INT' | 'QUIT' | 'KILL';

/** A fast shutdown, then one without a last checkpoint, then none at all; and how long each may take. */
const stopSteps: readonly (readonly [StopSignal, number])[] = [
  ['INT', 15_000],
  ['QUIT', 6_000],
  ['KILL', 5_000],
];
const readyTimeoutMs = 600_000;
const slowStartMs = 5_000;
const retryTimeoutMs = 15_000;
const maxLogBytes = 4 * 1024 * 1024;
const logCheckMs = 10_000;

/** An operations store on a laptop or a small server: what was acknowledged is on the disk. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // A socket's path may be too long, or its folder closed.
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '192MB',
  min_wal_size: '160MB',
  max_wal_size: '1GB',
  random_page_cost: '1.1',
  jit: 'off',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  password_encryption: 'scram-sha-256',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  // A failed statement is reported to the program that sent it; its text may hold what does not belong into a log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};

const portIsTaken = /could not bind|could not create any TCP\/IP sockets/;
const predecessorIsEnding = /pre-existing shared memory block/;

/** What to do, for the failures that have a known way out; the first that fits. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|Disk quota exceeded|Check free disk space/,
    'The disk is full: make room and start again.',
  ],
  [
    /error while loading shared libraries|ENOENT/,
    'The PostgreSQL programs do not run on this system (they need glibc) or are incomplete: run `npm ci` again.',
  ],
  [
    /initialized by PostgreSQL version/,
    'The data was written by another major version: bring it over with pg_dump.',
  ],
  [/could not look up effective user ID/, 'This user id needs an entry in /etc/passwd.'],
  [portIsTaken, 'No port on 127.0.0.1 could be opened.'],
  [/could not create shared memory|out of memory|Cannot allocate memory/i, 'There is too little memory.'],
  [/Permission denied|EACCES|EPERM/, 'Look whose the folder is, and start Binnacle as that user.'],
];

/** The message for a failure of PostgreSQL or one of its tools: what to do, and its last words. */
export function describeFailure(what: string, output: string): string {
  const lastLines = output.trim().split('\n').slice(-8).join('\n');
  const remedy = advice.find(([pattern]) => pattern.test(output))?.[1] ?? 'The cause stands below.';
  return `${what} ${remedy} Instead, DATABASE_URL may name a PostgreSQL server of your own.\n${lastLines}`;
}

/**
 * Runs a PostgreSQL tool to its end and returns nothing: what it prints matters only when it fails.
 *
 * @throws with the last lines of its output.
 */
export async function runTool(
  site: PostgresSite,
  program: string,
  args: string[],
  input = '',
): Promise<void> {
  const running = promisify(execFile)(program, args, { ...processOptions(site), encoding: 'utf8' });
  // A tool that fails at once does not read its input.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(input);
  try {
    await running;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout: string; stderr: string };
    throw new Error(describeFailure(`${program} failed.`, `${stdout}${stderr}` || message), { cause: error });
  }
}

/**
 * Stops a PostgreSQL that a killed Binnacle left running on the data, and clears away a pid file that would keep a new
 * one from starting. A process is only stopped when it is a PostgreSQL on this very data.
 */
export async function stopLeftOver(site: PostgresSite, log: (line: string) => void): Promise<void> {
  const data = join(site.folder, 'data');
  const pidFile = join(data, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const [pidLine = '', recordedData = ''] = text.split('\n');
  // The pid of a single-user session is written as a negative number.
  const pid = Math.abs(Number(pidLine));
  const isPostgres = async () => {
    const command = ` ${(await describeProcess(pid))?.command ?? ''} `;
    return command.includes('postgres') && command.includes(` -D ${recordedData} `);
  };
  // In a copy of the folder, the file speaks of the original's process; in a folder that was moved, of our own.
  const isOurs = recordedData === data || !(await stat(recordedData).catch(() => undefined));
  if (pid > 0 && isOurs && (await isPostgres())) {
    log(`Stopping the PostgreSQL (pid ${pid}) that an interrupted Binnacle left running.`);
    await terminate(site, pid, async () => !(await isPostgres()));
    return;
  }
  // A pid that no process has is no obstacle to PostgreSQL; one that now is another process is.
  if (pid === 0 || isTaken(pid)) await rm(pidFile, { force: true });
}

/**
 * Starts PostgreSQL on `data` and waits until it accepts connections, for as long as it recovers from a crash.
 *
 * @param wantedPort when it is taken, another one is used; absent: any free port.
 * @param onExit called once when PostgreSQL ends without having been asked to.
 * @throws with the last lines of its log.
 */
export async function launchServer(
  site: PostgresSite,
  wantedPort: number | undefined,
  log: (line: string) => void,
  onExit: (reason: string) => void,
): Promise<PostgresServer> {
  const logPath = join(site.folder, 'server.log');
  const retryUntil = Date.now() + retryTimeoutMs;
  let port = wantedPort ?? (await findFreePort());
  for (;;) {
    await boundLog(logPath);
    const logStart = (await stat(logPath).catch(() => undefined))?.size ?? 0;
    const child = await spawnServer(site, port, logPath);
    // However this process ends, short of being killed, PostgreSQL is told to.
    const stopAtExit = () => sendSignal(site, child.pid, 'INT');
    process.once('exit', stopAtExit);
    const forget = () => process.off('exit', stopAtExit);
    const stop = async () => {
      forget();
      if (!hasEnded(child)) await terminate(site, child.pid, () => hasEnded(child));
    };
    try {
      if (await becomesReady(site, child, log)) return watch(child, port, stop, logPath, onExit);
    } catch (error) {
      await stop();
      throw error;
    }
    forget();
    const output = await readLog(logPath, logStart);
    const mayRetry = Date.now() < retryUntil;
    if (mayRetry && portIsTaken.test(output)) {
      if (port === wantedPort) log(`Port ${port} is taken; PostgreSQL gets another one.`);
      port = await findFreePort();
    } else if (mayRetry && predecessorIsEnding.test(output)) {
      await sleep(200);
    } else {
      throw new Error(describeFailure('PostgreSQL did not start.', output));
    }
  }
}

function watch(
  child: ChildProcess,
  port: number,
  stop: () => Promise<void>,
  logPath: string,
  onExit: (reason: string) => void,
): PostgresServer {
  let stopping: Promise<void> | undefined;
  const logCheck = setInterval(() => {
    boundLog(logPath).catch(() => undefined);
  }, logCheckMs).unref();
  const finish = () => {
    clearInterval(logCheck);
    return stop();
  };
  const reportEnd = () => {
    if (stopping) return;
    const how = child.signalCode ? `killed by ${child.signalCode}` : `exit code ${child.exitCode}`;
    onExit(`PostgreSQL ended unexpectedly (${how}). Its log is ${logPath}.`);
  };
  if (hasEnded(child)) queueMicrotask(reportEnd);
  else child.once('exit', reportEnd);
  return { port, stop: () => (stopping ??= finish()) };
}

async function spawnServer(
  site: PostgresSite,
  port: number,
  logPath: string,
): Promise<ChildProcess & { pid: number }> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logFile = await open(logPath, 'a', 0o600);
  try {
    const child = spawn(
      site.programs.postgres,
      ['-D', join(site.folder, 'data'), '-p', String(port), ...options],
      // Apart from our process group: a Ctrl-C in the terminal stops Binnacle, and Binnacle stops PostgreSQL last.
      { ...processOptions(site), detached: true, stdio: ['ignore', logFile.fd, logFile.fd] },
    );
    await once(child, 'spawn');
    return child as ChildProcess & { pid: number };
  } catch (error) {
    throw new Error(describeFailure('PostgreSQL could not be run.', String(error)), { cause: error });
  } finally {
    await logFile.close();
  }
}

/** PostgreSQL writes its state into its pid file. False: it ended instead. */
async function becomesReady(
  site: PostgresSite,
  child: ChildProcess & { pid: number },
  log: (line: string) => void,
): Promise<boolean> {
  const pidFile = join(site.folder, 'data', 'postmaster.pid');
  const startedAt = Date.now();
  let isSlow = false;
  while (!hasEnded(child)) {
    const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > slowStartMs && !isSlow) {
      isSlow = true;
      log('PostgreSQL is still starting: after a crash it first goes through its journal.');
    }
    if (waitedMs > readyTimeoutMs) {
      throw new Error(
        `PostgreSQL was not ready after ${readyTimeoutMs / 60_000} minutes. Its log is ${join(site.folder, 'server.log')}.`,
      );
    }
    await sleep(10);
  }
  return false;
}

async function terminate(
  site: PostgresSite,
  pid: number,
  isGone: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const [signal, patienceMs] of stopSteps) {
    sendSignal(site, pid, signal);
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(10)) {
      if (await isGone()) return;
    }
  }
  throw new Error(
    `PostgreSQL (pid ${pid}) on ${site.folder} does not end. End that process, then start again.`,
  );
}

function sendSignal(site: PostgresSite, pid: number, signal: StopSignal): void {
  try {
    // Windows has no signals; PostgreSQL brings its own there.
    if (process.platform === 'win32') execFileSync(site.programs.pg_ctl, ['kill', signal, String(pid)]);
    else process.kill(pid, `SIG${signal}`);
  } catch (error) {
    if (process.platform !== 'win32' && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function processOptions(site: PostgresSite) {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return {
    // Our own working directory may be closed for the account.
    cwd: site.folder,
    env: { ...Object.fromEntries(own), LC_ALL: 'C' },
    windowsHide: true,
    ...(site.account && { uid: site.account.uid, gid: site.account.gid }),
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string')
    throw new Error('No port on 127.0.0.1 could be opened.');
  return address.port;
}

/** PostgreSQL appends to the file it was given, so the file is emptied in place; one earlier part is kept. */
async function boundLog(path: string): Promise<void> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= maxLogBytes) return;
  await copyFile(path, `${path}.old`);
  await truncate(path);
}

async function readLog(path: string, from: number): Promise<string> {
  return (await readFile(path)).subarray(from).toString('utf8');
}
