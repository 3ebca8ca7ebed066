export interface BackoffOptions {
  /** The wait after the first failure; it doubles with each further one. */
  firstMs: number;
  mostMs: number;
}

/**
 * How long to wait after so many failures in a row: doubling, and each time a random part of the upper half, so that many
 * who lost the same server do not come back at the same moment. A longer wait that the server asked for wins.
 * @param random 0 to 1
 */
export function backoffMs(
  failures: number,
  retryAfterMs: number | null,
  { firstMs, mostMs }: BackoffOptions,
  random: number = Math.random(),
): number {
  const doubledMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), mostMs);
  return Math.max(doubledMs * (0.5 + random / 2), retryAfterMs ?? 0);
}
