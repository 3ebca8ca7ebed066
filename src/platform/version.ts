import { readFileSync } from 'node:fs';

const manifest = new URL('../../../../package.json', import.meta.url);

/** Binnacle's own version, as package.json says. */
export const version = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
