import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// All benches, one after the other: `npm run bench`, or `npm run bench -- --quick` to see only that they work.
const benches = ['reading', 'intake', 'claims', 'traces', 'fan-out', 'metrics', 'search', 'page'];
for (const name of benches) {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const { status } = spawnSync(process.execPath, [path, ...process.argv.slice(2)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
