import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Database, Transaction } from '../../platform/database.js';
import { RateLimitedError } from '../../platform/errors.js';
import { nameKey } from './account-rules.js';

const freeFailures = { account: 5, address: 20 };
const longestDelayMs = 15 * 60_000;
/** Failures this long ago count no more. */
const memory = "interval '1 hour'";

/** What an attempt is counted against. */
export interface Guarded {
  key: string;
  /** Failures before the first delay. */
  free: number;
}

/** How long to wait after so many failures: a second after the last free one, then twice as long each time. */
export function delayAfterMs(failures: number, free: number): number {
  return failures < free ? 0 : Math.min(longestDelayMs, 1000 * 2 ** Math.min(failures - free, 20));
}

/** The account that is named, whether it exists or not; and the address, where there is one. */
export function guardedBySignIn(login: string, ip: string | null): Guarded[] {
  const account = createHash('sha256').update(nameKey(login)).digest('hex');
  const guarded = [{ key: `account:${account}`, free: freeFailures.account }];
  if (ip) guarded.push({ key: `address:${networkOf(ip)}`, free: freeFailures.address });
  return guarded;
}

/** One who is signed in and gives the current password. */
export function guardedByPassword(userId: string): Guarded[] {
  return [{ key: `password:${userId}`, free: freeFailures.account }];
}

/** An IPv6 host has a whole /64 to call from, so that counts as one address. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  const plain = ip.split('%')[0] ?? ip;
  if (mapped || !isIPv6(plain)) return (mapped ?? plain).slice(0, 64);
  const [head = '', tail] = plain.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

interface FailuresRow {
  key: string;
  failures: number;
  blockedMs: number | null;
}

/**
 * Slows down guessing, over all processes: the counts stand in the database. An attempt is counted as a failure before
 * it is made and taken back when it succeeds, so that many at once get no further than one after the other.
 */
export class SignInThrottle {
  constructor(private readonly database: Database) {}

  /** @throws RateLimitedError while earlier failures are being waited out; such an attempt does not count */
  async begin(guarded: readonly Guarded[]): Promise<void> {
    const keys = guarded.map(({ key }) => key).toSorted();
    const waitMs = await this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO sign_in_failures (key, failures, last_at)
         SELECT key, 0, clock_timestamp() FROM unnest($1::text[]) AS key ON CONFLICT (key) DO NOTHING`,
        [keys],
      );
      const rows = await tx.query<FailuresRow>(
        `SELECT key, CASE WHEN last_at < clock_timestamp() - ${memory} THEN 0 ELSE failures END AS failures,
           (extract(epoch FROM blocked_until - clock_timestamp()) * 1000)::float8 AS "blockedMs"
         FROM sign_in_failures WHERE key = ANY($1) ORDER BY key FOR UPDATE`,
        [keys],
      );
      const waitMs = Math.max(0, ...rows.map((row) => row.blockedMs ?? 0));
      if (waitMs > 0) return waitMs;
      const free = new Map(guarded.map((one) => [one.key, one.free]));
      const failures = rows.map((row) => row.failures + 1);
      await tx.query(
        `UPDATE sign_in_failures f
         SET failures = n.failures, last_at = clock_timestamp(),
           blocked_until = CASE WHEN n.delay > 0 THEN clock_timestamp() + n.delay * interval '1 millisecond' END
         FROM unnest($1::text[], $2::int[], $3::int[]) AS n (key, failures, delay) WHERE f.key = n.key`,
        [
          rows.map((row) => row.key),
          failures,
          rows.map((row, index) => delayAfterMs(failures[index] ?? 0, free.get(row.key) ?? 0)),
        ],
      );
      return 0;
    });
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new RateLimitedError(
        `Signing in failed too often; try again in ${seconds} second${seconds === 1 ? '' : 's'}.`,
        Math.ceil(waitMs),
      );
    }
  }

  /** Takes the attempt back: the account's (or password's) failures are forgotten, the address's are one less. */
  async succeed(tx: Transaction, guarded: readonly Guarded[]): Promise<void> {
    const keys = guarded.map(({ key }) => key).toSorted();
    await tx.query(`DELETE FROM sign_in_failures WHERE key = ANY($1) AND key NOT LIKE 'address:%'`, [keys]);
    await tx.query(
      `UPDATE sign_in_failures SET failures = greatest(failures - 1, 0), blocked_until = NULL
       WHERE key = ANY($1) AND key LIKE 'address:%'`,
      [keys],
    );
  }

  /** Forgets what counts no more. */
  async purge(): Promise<void> {
    await this.database.query(
      `DELETE FROM sign_in_failures WHERE last_at < clock_timestamp() - ${memory}
         AND (blocked_until IS NULL OR blocked_until < clock_timestamp())`,
    );
  }
}
