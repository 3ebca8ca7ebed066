import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProcess } from '../../platform/embedded-postgres-lock.js';

/** Of a folder's name: the process that made it, when that started, and where its pid means something. */
const pattern = /^binnacle-browser-(\d+)-([\da-f]{6})-([\da-f]{6})-/;

/** Chromium makes a socket in it, whose path may have 107 characters at most. */
const parent = process.platform === 'linux' && tmpdir().length > 40 ? '/tmp' : tmpdir();

/** A folder for one browser: its profile, and all that it would put elsewhere. Only this user can look into it. */
export async function createProfileFolder(): Promise<string> {
  const prefix = `binnacle-browser-${process.pid}-${await startOf(process.pid)}-${await pidSpace()}-`;
  return mkdtemp(join(parent, prefix));
}

export async function removeProfileFolder(path: string): Promise<void> {
  // Processes of a browser that was killed may write for a moment longer.
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Removes what processes left that were killed. @returns how many folders that were */
export async function sweepProfileFolders(): Promise<number> {
  const space = await pidSpace();
  let removed = 0;
  for (const name of await readdir(parent)) {
    const [, pid, startedAt, madeIn] = pattern.exec(name) ?? [];
    // A process of another container is not seen from here, nor are its folders meant for us.
    if (pid === undefined || madeIn !== space || (await startOf(Number(pid))) === startedAt) continue;
    await removeProfileFolder(join(parent, name)).then(
      () => removed++,
      () => undefined,
    );
  }
  return removed;
}

async function startOf(pid: number): Promise<string | undefined> {
  const facts = await describeProcess(pid);
  return facts && digest(facts.startedAt);
}

async function pidSpace(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return digest(`${hostname()} ${namespace}`);
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 6);
