import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What a server tells the commands of the same folder about itself; readable by its owner alone. */
export interface RunningServer {
  url: string;
  pid: number;
  databaseUrl: string;
}

/** The folder of this installation (BINNACLE_HOME): the embedded database, secrets, and the note of the running server. */
export class Home {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Open to look into, since root's database runs as another user below it; each secret in it has mode 0600. */
  async ensure(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  /** A random secret of that name, made once; mode 0600. */
  async secret(name: string): Promise<string> {
    const path = join(this.path, name);
    const fresh = randomBytes(48).toString('base64url');
    try {
      await writeFile(path, fresh, { mode: 0o600, flag: 'wx', flush: true });
      return fresh;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return (await readFile(path, 'utf8')).trim();
    }
  }

  async noteServer(server: RunningServer): Promise<void> {
    const path = join(this.path, 'server.json');
    await writeFile(`${path}.draft`, JSON.stringify(server), { mode: 0o600 });
    await rename(`${path}.draft`, path);
  }

  async forgetServer(): Promise<void> {
    await rm(join(this.path, 'server.json'), { force: true });
  }

  /** The server of this folder, where one runs and answers. */
  async runningServer(): Promise<RunningServer | null> {
    try {
      const server = JSON.parse(await readFile(join(this.path, 'server.json'), 'utf8')) as RunningServer;
      const answer = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(2000) });
      const { pid } = (await answer.json()) as { pid?: number };
      return pid === server.pid ? server : null;
    } catch {
      // No note, a note left behind, or another program on its port: none runs.
      return null;
    }
  }
}
