import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** A secret cannot be sealed or opened here; the message says what to do, and nothing of the secret. */
export class SecretBoxError extends Error {}

/**
 * Secrets at rest: AES-256-GCM, under a key that is derived from a text only this installation knows. Each is bound to its place:
 * moved to another row or column, it cannot be opened.
 */
export class SecretBox {
  readonly #key: Buffer | null;

  /** @param secret 32 characters or more; undefined = this process may see no secrets */
  constructor(secret: string | undefined) {
    this.#key =
      secret === undefined
        ? null
        : Buffer.from(hkdfSync('sha256', secret, '', 'binnacle secrets at rest', 32));
  }

  get hasKey(): boolean {
    return this.#key !== null;
  }

  /** @param place where it is kept, such as `login_sessions/<id>/recipe` */
  seal(plain: string, place: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#keyOrThrow(), nonce);
    cipher.setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
  }

  /** @throws SecretBoxError where the key is another, the place is another, or the bytes are not what was sealed */
  open(sealed: Buffer, place: string): string {
    const key = this.#keyOrThrow();
    const bodyAt = 1 + nonceBytes + tagBytes;
    if (sealed[0] !== version || sealed.length < bodyAt) throw unreadable();
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + nonceBytes));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(1 + nonceBytes, bodyAt));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()]).toString('utf8');
    } catch {
      throw unreadable();
    }
  }

  #keyOrThrow(): Buffer {
    if (this.#key) return this.#key;
    throw new SecretBoxError(
      'This process has no key for secrets: give all processes the same ENCRYPTION_KEY.',
    );
  }
}

function unreadable(): SecretBoxError {
  return new SecretBoxError(
    'A stored secret cannot be opened: ENCRYPTION_KEY is another than it was stored with. Store the secret again.',
  );
}
