import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { EgressWatch } from './egress-watch.js';
import { isInRange, plainHost, type AllowedTarget, type IpAddress } from './egress-allow.js';

/** An address that was checked; connections are made to it, and to no other that the name may turn to later. */
export interface CheckedAddress {
  address: string;
  family: 4 | 6;
}

/** Where a request may go. */
export interface EgressTarget {
  hostname: string;
  port: number;
  addresses: CheckedAddress[];
}

/** Every address of a name. @throws where there is none */
export type Resolver = (hostname: string) => Promise<readonly string[]>;

/** The destination is not one that Binnacle goes to. */
export class EgressRefusedError extends Error {
  readonly code = 'EGRESS_REFUSED';
}

/** The name has no address, or none was found in time. */
export class HostNotFoundError extends Error {
  readonly code = 'ENOTFOUND';
}

const resolveTimeoutMs = 10_000;
const globalIpv6 = ipaddr.parseCIDR('2000::/3');
/** Answered by the host of a virtual machine though they look like any public address. */
const platformAddresses = new Set(['168.63.129.16']);

/**
 * Decides where this process may connect on behalf of others: only http and https, only to public addresses and to what
 * EGRESS_ALLOW names. Every address of a name is checked, and the caller connects to those that were checked, so a name that
 * turns to another address between check and connection gains nothing.
 */
export class EgressGuard {
  /** Those who connect note what became of it. */
  readonly watch = new EgressWatch();

  constructor(
    private readonly allowed: readonly AllowedTarget[],
    private readonly resolve: Resolver = systemResolver,
  ) {}

  /** @throws EgressRefusedError, HostNotFoundError */
  async checkUrl(url: URL): Promise<EgressTarget> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new EgressRefusedError(`Only http and https addresses are fetched, not ${url.protocol}`);
    }
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    return this.checkHost(url.hostname, port);
  }

  /**
   * @param hostname as URL gives it: numbers in whatever spelling have become dotted addresses, IPv6 stands in brackets
   * @throws EgressRefusedError, HostNotFoundError
   */
  async checkHost(hostname: string, port: number): Promise<EgressTarget> {
    const host = hostname.replace(/^\[|\]$/g, '');
    const found = isIP(host) ? [host] : await this.#resolve(host);
    const byName = this.#isAllowedByName(plainHost(host), port);
    const addresses = found.map((text) => {
      const address = ipaddr.parse(text.replace(/%.*$/, ''));
      if (!byName && !this.#isAllowedAddress(address, port)) {
        const resolved = text === host ? '' : ` resolves to ${text}, which`;
        throw new EgressRefusedError(
          `${hostname}:${port}${resolved} is not a public address. An administrator can name exceptions in EGRESS_ALLOW.`,
        );
      }
      return { address: text, family: address.kind() === 'ipv4' ? (4 as const) : (6 as const) };
    });
    return { hostname, port, addresses };
  }

  async #resolve(host: string): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${resolveTimeoutMs} ms`)),
        resolveTimeoutMs,
      );
    });
    try {
      const found = await Promise.race([this.resolve(host), late]);
      if (found.length > 0) return found;
    } catch (error) {
      this.watch.note(host, false);
      throw new HostNotFoundError(
        `The host ${host} has no address that could be found: ${(error as Error).message}`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
    throw new HostNotFoundError(`The host ${host} has no address.`);
  }

  #isAllowedByName(host: string, port: number): boolean {
    return this.allowed.some((target) => target.host === host && (target.port ?? port) === port);
  }

  #isAllowedAddress(address: IpAddress, port: number): boolean {
    const effective = innerAddress(address);
    const isNamed = this.allowed.some(
      ({ range, port: only }) => range && (only ?? port) === port && isInRange(effective, range),
    );
    return isNamed || (isPublic(effective) && !isOwn(effective));
  }
}

/** The IPv4 address that a mapped or NAT64 address leads to; others lead to themselves. */
function innerAddress(address: IpAddress): IpAddress {
  if (address.kind() === 'ipv4') return address;
  const ipv6 = address as ipaddr.IPv6;
  if (ipv6.isIPv4MappedAddress()) return ipv6.toIPv4Address();
  if (ipv6.match(ipaddr.IPv6.parse('64:ff9b::'), 96)) return new ipaddr.IPv4(ipv6.toByteArray().slice(12));
  return ipv6;
}

/** Unicast and reachable from anywhere; what tunnels to an address that is not seen here (6to4, Teredo) is not. */
function isPublic(address: IpAddress): boolean {
  if (address.range() !== 'unicast' || platformAddresses.has(address.toString())) return false;
  return address.kind() === 'ipv4' || isInRange(address, globalIpv6);
}

/** Whether it is one of this machine's own: what listens there may be hidden from others by a firewall. */
function isOwn(address: IpAddress): boolean {
  const text = address.toNormalizedString();
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((own) => ipaddr.parse(own.address.replace(/%.*$/, '')).toNormalizedString() === text),
  );
}

const systemResolver: Resolver = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** For net.connect and http.request: answers the checked addresses, whatever the name resolves to by now. */
export function pinnedLookup({ addresses }: EgressTarget): LookupFunction {
  return (_hostname, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : undefined;
    const usable = addresses.filter((one) => family === undefined || one.family === family);
    const [first] = usable;
    if (!first) callback(new HostNotFoundError('The host has no address of this family.'), '');
    else if (options.all) callback(null, usable);
    else callback(null, first.address, first.family);
  };
}
