import { runImport } from './import/import.command.js';
import { connectLocally } from './local-server.js';

/** `npm run import`: Ctrl-C ends it between two calls, and what was imported stays. */
export async function runImportCommand(argv: string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return runImport(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stop.signal,
    connect: (project) => connectLocally(project, 'npm run import'),
  });
}
