import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeProcess } from '../../src/platform/embedded-postgres-lock.js';
import { eventually } from './follower.js';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** A secret for processes that work together. */
export const jwtSecret = 'a secret that only tests know, long enough';

export interface ProcessOptions {
  /** Environment variables; beside these there is only PATH. PORT is 0 unless told. */
  env?: Record<string, string>;
  /** The user and group to run as; needs root. */
  uid?: number;
  cwd?: string;
}

/** One run of the compiled command line. */
export class BinnacleProcess {
  stdout = '';
  stderr = '';
  /** Undefined while it runs; null where a signal ended it. */
  exitCode: number | null | undefined;
  /** How long it ran, milliseconds; 0 while it does. */
  lifeMs = 0;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    const startedAt = performance.now();
    // Only now has everything been read that it said.
    child.once('close', (code) => {
      this.exitCode = code;
      this.lifeMs = performance.now() - startedAt;
    });
    running.add(this);
  }

  /** @param command as on the command line, such as 'serve' */
  static begin(command: string, { env = {}, uid, cwd = '/' }: ProcessOptions = {}): BinnacleProcess {
    const child = spawn(process.execPath, [main, ...command.split(' ')], {
      cwd,
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    return new BinnacleProcess(child);
  }

  /** Begins, and waits until it says that it runs. */
  static async ready(command: string, options: ProcessOptions): Promise<BinnacleProcess> {
    const started = BinnacleProcess.begin(command, options);
    const isReady = () => /Binnacle runs at|The worker is running/.test(started.stdout);
    await eventually(`\`${command}\` runs`, () => isReady() || started.exitCode !== undefined, 60_000);
    if (!isReady()) throw new Error(`\`${command}\` did not start: ${started.stdout}${started.stderr}`);
    return started;
  }

  /** Where it answers, as it said itself. */
  get url(): string {
    return /Binnacle runs at (http:\/\/[^,\s]+)/.exec(this.stdout)?.[1] ?? '';
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits for its end, and answers its exit code; null where a signal ended it. */
  async ended(): Promise<number | null> {
    await eventually('the process ends', () => this.exitCode !== undefined);
    running.delete(this);
    return this.exitCode ?? null;
  }

  /** Asks it to stop, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }
}

const running = new Set<BinnacleProcess>();

/** For afterEach: what a failed test left running. */
export async function killRunning(): Promise<void> {
  for (const left of [...running]) {
    left.child.kill('SIGKILL');
    await left.ended();
  }
}

/** The pids of PostgreSQL and its tools on a folder and those below it. A slim container has no ps. */
export async function postgresBelow(folder: string): Promise<number[]> {
  const pids = existsSync('/proc/self/stat')
    ? (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    : execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' }).trim().split('\n');
  const found: number[] = [];
  for (const pid of pids.map(Number)) {
    const command = (await describeProcess(pid))?.command ?? '';
    if (command.includes(`-D ${folder}`) || command.includes(`--pgdata=${folder}`)) found.push(pid);
  }
  return found;
}

/** Whether that user can read the compiled program, as the test can. */
export function canRun(uid: number): boolean {
  if (process.getuid?.() !== 0) return false;
  return spawnSync(process.execPath, [main, '--help'], { uid, gid: uid, cwd: '/', env: {} }).status === 0;
}
