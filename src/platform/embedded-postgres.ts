import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { lockFolder } from './embedded-postgres-lock.js';
import { findClusterPlace, findPrograms, linkClusterPlace } from './embedded-postgres-place.js';
import { launchServer, type PostgresSite, runTool, stopLeftOver } from './embedded-postgres-server.js';

/** A database server that runs beside this process and for it alone. */
export interface EmbeddedPostgres {
  /** The address of the database, with user and password. */
  readonly url: string;
  /** Cuts all sessions, stops the server and gives the folder free. May be called again; to be called last of all. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Where the database lives (below `postgres/`) and its password (`postgres-password`); made when missing. */
  readonly homeDir: string;
  /** Default: any free port. When it is taken, another one is used. */
  readonly port?: number;
  /** Created when missing. Default: binnacle. */
  readonly database?: string;
  /** Told in a sentence what an operator should know; nothing in an ordinary start but the first. */
  readonly log?: (line: string) => void;
  /** Called once when the server ends without `stop`. The folder stays locked until `stop` is called. */
  readonly onExit?: (reason: string) => void;
}

const role = 'binnacle';

/**
 * Starts PostgreSQL 18 on 127.0.0.1 with its data below `homeDir`, and makes the database at the first start. Returns
 * when it accepts connections: after about two seconds at first, later in well under one.
 *
 * The server is stopped by `stop()`. When this process exits without it, the server is told to stop; when this process
 * is killed, the next start stops the one that was left. Nothing is printed and no signal is handled.
 *
 * @throws when another live Binnacle uses the folder, and when PostgreSQL does not start; the message says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    throw nameFolderProblem(error, options.homeDir);
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { port, database = 'binnacle', log = () => undefined, onExit = () => undefined } = options;
  const place = await findClusterPlace(options.homeDir);
  const lock = await lockFolder(place.folder, place.homeDir);
  try {
    const site: PostgresSite = { ...place, programs: await findPrograms(place) };
    await stopLeftOver(site, log);
    await linkClusterPlace(place, log);
    const password = await providePassword(site, join(place.homeDir, 'postgres-password'));
    if (!(await hasData(site))) {
      log(`Making the database in ${site.folder}.`);
      await makeCluster(site, password);
    }
    const server = await launchServer(site, port, log, onExit);
    const address = `postgres://${role}:${password}@127.0.0.1:${server.port}`;
    try {
      await makeDatabase(address, database);
    } catch (error) {
      await server.stop();
      throw error;
    }
    const stop = async () => {
      await server.stop();
      await lock.release();
    };
    return { url: `${address}/${encodeURIComponent(database)}`, stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function hasData(site: PostgresSite): Promise<boolean> {
  return (await stat(join(site.folder, 'data')).catch(() => undefined)) !== undefined;
}

/** Reads the password, or makes it; when there is data already, its password was lost and is set anew. */
async function providePassword(site: PostgresSite, path: string): Promise<string> {
  const kept = (await readFile(path, 'utf8').catch(unlessMissing))?.trim();
  if (kept) return kept;
  const password = randomBytes(24).toString('base64url');
  if (await hasData(site)) {
    const args = ['--single', '-D', join(site.folder, 'data'), 'postgres'];
    await runTool(site, site.programs.postgres, args, `ALTER ROLE ${role} PASSWORD '${password}'\n`);
  }
  const draft = `${path}.draft`;
  await rm(draft, { force: true });
  await writeFile(draft, `${password}\n`, { mode: 0o600, flush: true });
  await rename(draft, path);
  return password;
}

/** The data gets its name only when it is complete: what an interrupted start left half-made is thrown away. */
async function makeCluster(site: PostgresSite, password: string): Promise<void> {
  for (const name of await readdir(site.folder)) {
    if (name.startsWith('making-')) await rm(join(site.folder, name), { recursive: true, maxRetries: 10 });
  }
  const draft = join(site.folder, `making-${randomBytes(6).toString('hex')}`);
  const passwordFile = `${draft}-password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (site.account) {
    await chown(draft, site.account.uid, site.account.gid);
    await chown(passwordFile, site.account.uid, site.account.gid);
  }
  try {
    await runTool(site, site.programs.initdb, [
      `--pgdata=${draft}`,
      `--username=${role}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]);
    await rename(draft, join(site.folder, 'data'));
    await syncFolder(site.folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

/** Without this, a power cut could take back the new name of the data, and all that was written below it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeDatabase(address: string, database: string): Promise<void> {
  const client = new Client({ connectionString: `${address}/postgres`, ssl: false });
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(database)}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error;
    throw new Error(
      'The database refuses the password kept in the file postgres-password. Put the right file back, or delete it: ' +
        'then the next start sets a new password.',
      { cause: error },
    );
  } finally {
    await client.end();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A bare error of the file system says neither whose folder it was nor what to do. */
function nameFolderProblem(error: unknown, homeDir: string): unknown {
  const { code = '', path, message } = error as NodeJS.ErrnoException;
  const ways: Record<string, string> = {
    EACCES: 'This user may not use it: start Binnacle as the user it belongs to, or',
    EPERM: 'This user may not use it: start Binnacle as the user it belongs to, or',
    EROFS: 'It is on a read-only file system: to go on,',
    ENOSPC: 'The disk is full: make room, or',
    EDQUOT: 'The disk is full: make room, or',
    ENOTDIR: 'A part of this path is a file: remove it, or',
    EEXIST: 'A part of this path is a file: remove it, or',
  };
  const way = path === undefined ? undefined : ways[code];
  if (way === undefined) return error;
  return new Error(
    `The folder ${homeDir} cannot hold the database (${message}). ${way} set BINNACLE_HOME to another folder.`,
    { cause: error },
  );
}
