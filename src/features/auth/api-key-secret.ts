import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const form = /^(bnc_[0-9a-f]{12})_([0-9a-f]{48})$/;

/** A new API key: what its holder gets, shown once, and what is stored of it. */
export interface NewApiKey {
  /** bnc_<12 hex digits>_<48 hex digits>: 192 random bits. */
  key: string;
  /** bnc_<12 hex digits>: names the key in lists, and finds its row. */
  prefix: string;
  secretHash: string;
}

export function makeApiKey(): NewApiKey {
  const prefix = `bnc_${randomBytes(6).toString('hex')}`;
  const secret = randomBytes(24).toString('hex');
  return { key: `${prefix}_${secret}`, prefix, secretHash: hashOf(secret) };
}

/** The two parts of an API key; null for anything that has not its form. */
export function readApiKey(key: string): { prefix: string; secret: string } | null {
  const [, prefix, secret] = form.exec(key) ?? [];
  return prefix && secret ? { prefix, secret } : null;
}

/** Compares in a time that says nothing about where two hashes differ. */
export function isSecretOf(secret: string, secretHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(secretHash, 'hex'));
}

// A random secret of 192 bits cannot be guessed, so its hash need not be slow.
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
