import { isIP } from 'node:net';

/** A page that has its own name resolve to this server can only send that name: so names must be known, addresses need not be. */
export interface KnownHosts {
  /** Names that the server is called by, beside those of the machine itself: MCP_ALLOWED_HOSTS. */
  allowed: readonly string[];
}

const own = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * What speaks against a request that a page in a browser may have been led to send; undefined where nothing does. Programs send no
 * Origin; a browser does, and then it must be the server's own, or one that is allowed.
 */
export function rebindingProblem(
  { host, origin }: { host?: string | undefined; origin?: string | undefined },
  { allowed }: KnownHosts,
): string | undefined {
  const called = hostnameOf(`http://${host ?? ''}`);
  if (called === undefined) return 'The request names no host; send the header Host.';
  if (!own.has(called) && !isAddress(called) && !allowed.includes(called)) {
    return `The host "${called}" is not known here. Call this server by its address, or name the host in MCP_ALLOWED_HOSTS.`;
  }
  if (origin === undefined || origin === '') return undefined;
  const from = hostnameOf(origin);
  if (from !== undefined && (from === called || own.has(from) || allowed.includes(from))) return undefined;
  return `Pages of "${origin.slice(0, 200)}" may not call this server; name their host in MCP_ALLOWED_HOSTS if they should.`;
}

function hostnameOf(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && url.hostname !== '' ? url.hostname : undefined;
}

const isAddress = (hostname: string) => isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
