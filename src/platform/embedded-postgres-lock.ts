import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What the operating system says of a live process. */
export interface ProcessFacts {
  /** Differs between two processes that had the same pid one after the other. */
  readonly startedAt: string;
  /** Program and arguments, separated by single spaces, without quotation marks. */
  readonly command: string;
}

/** The right to use a folder, held by this process until it is released or the process is gone. */
export interface FolderLock {
  release(): Promise<void>;
}

interface LockHolder {
  readonly pid: number;
  readonly startedAt: string;
  /** The set of processes in which the pid means something: a boot of a machine, a container. */
  readonly pidSpace: string;
  readonly id: string;
}

const heartbeatMs = 1_000;
const heartbeatPatienceMs = 4_000;
const heartbeatForgottenMs = 60_000;

/**
 * Tells what runs under a process id now. A process that is dead but not yet reaped by its parent counts as gone.
 *
 * @returns undefined when there is no such process, or the system does not say.
 */
export async function describeProcess(pid: number): Promise<ProcessFacts | undefined> {
  try {
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The program's name stands in brackets and may itself hold brackets and spaces; what follows is numbers.
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      if (/^[ZXx]/.test(fields[0] ?? '')) return undefined;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8'))
        .replace(/\0$/, '')
        .replaceAll('\0', ' ');
      return { startedAt: fields[19] ?? '', command };
    }
    const run = promisify(execFile);
    if (process.platform === 'win32') {
      const query =
        `Get-CimInstance Win32_Process -Filter "ProcessId=${pid}" | ` +
        `ForEach-Object { "$($_.CreationDate.Ticks) $($_.CommandLine)" }`;
      const { stdout } = await run('powershell', ['-NoProfile', '-Command', query], { windowsHide: true });
      const [, startedAt, command] = /^(\d+) (.*)/.exec(stdout.trim()) ?? [];
      return startedAt === undefined
        ? undefined
        : { startedAt, command: (command ?? '').replaceAll('"', '') };
    }
    const { stdout } = await run('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [, state, startedAt, command] =
      /^\s*(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)/.exec(stdout) ?? [];
    return startedAt === undefined || state?.startsWith('Z')
      ? undefined
      : { startedAt, command: command ?? '' };
  } catch {
    return undefined;
  }
}

/**
 * Takes a folder for this process alone. The lock is a file that names its holder; it outlives a kill -9 of the holder,
 * and the next process then sees that the holder is gone, even where its pid has been given to another process.
 * A holder whose pid cannot be looked up from here (another container on the same volume) is known by its heartbeat:
 * the time stamp of the file, renewed every second.
 *
 * @param homeDir the folder that the error message names.
 * @throws when a live process holds the folder: the message says which one and what to do.
 */
export async function lockFolder(folder: string, homeDir: string): Promise<FolderLock> {
  const path = join(folder, 'lock');
  const mine: LockHolder = {
    pid: process.pid,
    startedAt: (await describeProcess(process.pid))?.startedAt ?? '',
    pidSpace: await currentPidSpace(),
    id: randomUUID(),
  };
  const text = JSON.stringify(mine);
  const draft = `${path}.${mine.id}`;
  await writeFile(draft, text);
  try {
    // A link appears at once with its whole content, or fails when the name is taken: no half-written lock is ever read.
    while (
      !(await unlessCode(
        'EEXIST',
        link(draft, path).then(() => true),
      ))
    ) {
      const found = await unlessCode('ENOENT', readFile(path, 'utf8'));
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (await isHeld(path, holder, mine.pidSpace)) throw new Error(describeConflict(holder, mine, homeDir));
      await removeStale(path, found);
    }
  } finally {
    await rm(draft, { force: true });
  }
  await sweepDrafts(folder, mine.pidSpace);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs).unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await unlessCode('ENOENT', readFile(path, 'utf8'))) === text) await rm(path, { force: true });
    },
  };
}

async function isHeld(path: string, holder: LockHolder | undefined, pidSpace: string): Promise<boolean> {
  if (holder !== undefined && holder.pidSpace === pidSpace && holder.startedAt !== '') {
    return (await describeProcess(holder.pid))?.startedAt === holder.startedAt;
  }
  const renewedAt = async () => (await unlessCode('ENOENT', stat(path)))?.mtimeMs;
  const first = await renewedAt();
  if (first === undefined || Math.abs(Date.now() - first) > heartbeatForgottenMs) return false;
  for (let waitedMs = 0; waitedMs < heartbeatPatienceMs; waitedMs += 200) {
    await sleep(200);
    const now = await renewedAt();
    if (now !== first) return now !== undefined;
  }
  return false;
}

/** Two processes may find the same stale lock: what was moved away is looked at again, and a fresh lock given back. */
async function removeStale(path: string, found: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const isMoved = await unlessCode(
    'ENOENT',
    rename(path, aside).then(() => true),
  );
  if (!isMoved) return;
  const moved = await unlessCode('ENOENT', readFile(aside, 'utf8'));
  if (moved !== undefined && moved !== found) await unlessCode('EEXIST', link(aside, path));
  await rm(aside, { force: true });
}

/** Drafts of processes that were killed before they took them away: each names its holder, as the lock does. */
async function sweepDrafts(folder: string, pidSpace: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('lock.')) continue;
    const path = join(folder, name);
    const text = await unlessCode('ENOENT', readFile(path, 'utf8'));
    if (text !== undefined && !(await isHeld(path, parseHolder(text), pidSpace)))
      await rm(path, { force: true });
  }
}

function describeConflict(holder: LockHolder | undefined, mine: LockHolder, homeDir: string): string {
  const isNear = holder?.pidSpace === mine.pidSpace;
  const who = isNear
    ? `pid ${holder.pid}`
    : `pid ${holder?.pid ?? 'unknown'} of another container or machine`;
  return `Another Binnacle (${who}) is using ${homeDir}. Stop it, or set BINNACLE_HOME to another folder.`;
}

/** A lock file torn by a power cut says nothing of its holder. */
function parseHolder(text: string): LockHolder | undefined {
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return undefined;
  }
}

async function currentPidSpace(): Promise<string> {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return `${boot} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Turns one expected failure of a file operation into undefined. */
async function unlessCode<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return undefined;
    throw error;
  }
}
