import type { TextOutput } from './progress-bar.js';

/** The command line, or what it names, cannot be used; the message says why, and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A server found or started for this command. */
export interface ServerConnection {
  /** Its address, with or without `/graphql`. */
  url: string;
  apiKey: string;
  /** Lets go of it: stops it where it was started for this command. */
  close(): Promise<void>;
}

/** What a command has of the world around it. */
export interface CommandIo {
  /** Results and the help go here. */
  stdout: TextOutput;
  /** Progress and problems go here. */
  stderr: TextOutput;
  env: Readonly<Record<string, string | undefined>>;
  /** Finds, or starts, the server of this folder; used where BINNACLE_URL and BINNACLE_API_KEY are not set. */
  connect: (projectSlug: string | undefined) => Promise<ServerConnection>;
  /** Aborted by Ctrl-C: it stops at once, and says how to go on. */
  signal?: AbortSignal;
}

/**
 * The server named by BINNACLE_URL and BINNACLE_API_KEY, or that of this folder.
 * @throws UsageError where only one of the two is set, or the address is none
 */
export async function connectTo(io: CommandIo, project: string | undefined): Promise<ServerConnection> {
  const { BINNACLE_URL: url, BINNACLE_API_KEY: apiKey } = io.env;
  if (!url && !apiKey) return io.connect(project);
  if (!url || !apiKey) {
    const [set, missing] = url ? ['BINNACLE_URL', 'BINNACLE_API_KEY'] : ['BINNACLE_API_KEY', 'BINNACLE_URL'];
    throw new UsageError(
      `${set} is set, but ${missing} is not. Set both, or neither to use the server of this folder.`,
    );
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`BINNACLE_URL is "${url}", which is no http or https address.`);
  }
  return { url, apiKey, close: async () => {} };
}

/** Whether it is a calendar day such as 2026-03-01. */
export function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
