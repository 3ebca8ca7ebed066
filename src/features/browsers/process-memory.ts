import { readFile } from 'node:fs/promises';

/** Memory of processes together, what they share counted once; null where the system does not say. */
export async function memoryOf(pids: readonly number[]): Promise<number | null> {
  const sizes = await Promise.all(pids.map(sizeOf));
  const known = sizes.filter((size) => size !== null);
  return known.length > 0 ? known.reduce((sum, size) => sum + size, 0) : null;
}

async function sizeOf(pid: number): Promise<number | null> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(rollup) ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
