import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runImport } from '../../src/commands/import/import.command.js';
import { makeKey, type Person } from './client.js';

/** 200 published runs, which lie beside the repository where they are there at all. */
export const airline = fileURLToPath(
  new URL('../../../../../shared/data/tau-bench/gpt-4o-airline.json', import.meta.url),
);
export const hasAirline = await access(airline).then(
  () => true,
  () => false,
);

/** Runs the command `import` into a person's project, by a key of that project. */
export async function makeImporter(url: string, person: Person, scopes = ['INGEST', 'READ']) {
  const { secret } = await makeKey(url, person, scopes);
  return async (argv: string[], signal?: AbortSignal) => {
    let said = '';
    const output = { write: (text: string) => ((said += text), true) };
    const env = { BINNACLE_URL: url, BINNACLE_API_KEY: secret };
    const io = {
      stdout: output,
      stderr: output,
      env,
      connect: () => Promise.reject(new Error('not asked for')),
    };
    const code = await runImport(argv, { ...io, ...(signal ? { signal } : {}) });
    return { code, said };
  };
}
