import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a bench's server in a process of its own; it tells its address by process.send. */
export async function startChild(
  file: string,
  env: Record<string, string>,
): Promise<{ url: string; stop: () => void; ended: Promise<unknown> }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: unknown) => resolve(message as string));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}.`)));
  });
  child.removeAllListeners('exit');
  return { url, stop: () => child.kill('SIGTERM'), ended: once(child, 'exit') };
}
