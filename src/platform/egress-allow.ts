import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** One exception of the egress guard, as EGRESS_ALLOW names it. */
export interface AllowedTarget {
  /** Lower case, without a dot at its end; undefined where addresses are named. */
  host?: string;
  range?: [IpAddress, number];
  /** Undefined = every port. */
  port?: number;
}

/**
 * Reads EGRESS_ALLOW: hosts, addresses or address ranges, separated by commas, hosts and addresses with a port if they are
 * meant for it alone: `intranet.example, 10.1.2.3:8080, [fd00::1]:443, 192.168.0.0/16`.
 * A host is meant by name, whatever it resolves to; an address by what a name resolves to.
 * @throws Error naming the entry that is none
 */
export function parseEgressAllow(text: string): AllowedTarget[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

function parseEntry(entry: string): AllowedTarget {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(entry) || ipaddr.IPv6.isValidCIDR(entry)) {
    return { range: ipaddr.parseCIDR(entry) };
  }
  const address = wholeAddress(entry);
  if (address) return { range: address };
  const parts = /^(?:\[([^\]]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(entry);
  const name = parts?.[1] ?? parts?.[2] ?? '';
  const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
  const range = wholeAddress(name);
  const isName = parts?.[1] === undefined && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(name);
  if ((!range && !isName) || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new Error(
      `"${entry}" names no host, address or range; write them as example.org, example.org:8080, 10.1.2.3, [fd00::1]:443 or 10.0.0.0/8`,
    );
  }
  return {
    ...(range ? { range } : { host: plainHost(name) }),
    ...(port === undefined ? {} : { port }),
  };
}

/** The range of one address alone; undefined for what is no address. Only the four-part form counts as IPv4. */
function wholeAddress(text: string): [IpAddress, number] | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return [ipaddr.IPv4.parse(text), 32];
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** How hosts are compared. */
export function plainHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

export function isInRange(address: IpAddress, [range, bits]: [IpAddress, number]): boolean {
  return address.kind() === range.kind() && address.match(range, bits);
}
