import type { Logger } from '../../platform/logger.js';
import type { Viewer } from '../../platform/viewer.js';
import { isSecretOf, readApiKey } from './api-key-secret.js';
import type { ApiKeyRow, CredentialsRepository } from './credentials.repository.js';
import { grantsOfRoles, grantsOfScopes, stillHolds } from './grants.js';
import type { SessionTokens } from './session-tokens.js';

/** What came along with a request or in a socket's connection_init. */
export interface Credentials {
  /** "Bearer <session token or API key>"; the word Bearer may be missing in connection_init. */
  authorization?: string | undefined;
  /** The header X-Api-Key; looked at where there is no authorization. */
  apiKey?: string | undefined;
}

/** Who is asking; or nobody, and why what was sent does not count. Both null where nothing was sent. */
export interface Authentication {
  viewer: Viewer | null;
  problem: string | null;
}

/** A person's viewer, with the generation of sessions that its token belongs to. */
export interface SessionViewer extends Viewer {
  kind: 'USER';
  tokenId: string;
  expiresAt: Date;
  generation: number;
}

export function isSessionViewer(viewer: Viewer): viewer is SessionViewer {
  return viewer.kind === 'USER' && 'generation' in viewer;
}

const nobody = (problem: string | null): Authentication => ({ viewer: null, problem });

const sessionEnded = 'Your session has ended; sign in again.';
const sessionExpired = 'Your session has expired; sign in again.';
const wrongToken = 'The session token is not valid; sign in again.';
const wrongApiKey = 'The API key is not valid: it is wrong, has expired or was revoked.';

/** Finds out who is asking. */
export class Authenticator {
  readonly #touching = new Set<string>();

  constructor(
    private readonly repository: CredentialsRepository,
    private readonly tokens: SessionTokens,
    private readonly logger: Logger,
  ) {}

  /** Never refuses: what does not count makes nobody, so that signing in works with a stale token in the header. */
  async authenticate({ authorization, apiKey }: Credentials): Promise<Authentication> {
    const given = authorization?.replace(/^bearer\s+/i, '').trim() || apiKey?.trim();
    if (!given) return nobody(null);
    return given.startsWith('bnc_') ? this.#byApiKey(given) : this.#byToken(given);
  }

  /**
   * Which of these viewers' credentials have ended or allow less than they did, in two queries at most: for the sweep
   * over open sockets, which finds what no event told.
   */
  async findEnded(viewers: readonly Viewer[]): Promise<Set<Viewer>> {
    const people = viewers.filter(isSessionViewer);
    const keys = viewers.filter((viewer) => viewer.kind === 'API_KEY');
    const good = new Set<Viewer>();
    if (people.length > 0) {
      const asked = people.map(({ id, tokenId }) => ({ userId: id, tokenId }));
      const rows = new Map((await this.repository.sessions(asked)).map((row) => [row.tokenId, row]));
      for (const person of people) {
        const row = rows.get(person.tokenId);
        const holds =
          row && !row.isBlocked && row.generation === person.generation && person.expiresAt > new Date();
        if (holds && stillHolds(person.grants, grantsOfRoles(row.roles))) good.add(person);
      }
    }
    if (keys.length > 0) {
      const held = await this.repository.goodApiKeys(keys.map(({ id }) => id));
      for (const key of keys) if (held.has(key.id)) good.add(key);
    }
    return new Set(viewers.filter((viewer) => !good.has(viewer)));
  }

  async #byToken(token: string): Promise<Authentication> {
    const claims = await this.tokens.read(token);
    if (claims === 'expired') return nobody(sessionExpired);
    if (!claims) return nobody(wrongToken);
    const [row] = await this.repository.sessions([claims]);
    if (!row || row.isBlocked || row.generation !== claims.generation) return nobody(sessionEnded);
    const viewer: SessionViewer = {
      kind: 'USER',
      id: row.userId,
      label: row.username,
      tokenId: claims.tokenId,
      expiresAt: claims.expiresAt,
      generation: row.generation,
      grants: grantsOfRoles(row.roles),
    };
    return { viewer, problem: null };
  }

  async #byApiKey(given: string): Promise<Authentication> {
    const key = readApiKey(given);
    const row = key && (await this.repository.apiKey(key.prefix));
    if (!row || !isSecretOf(key.secret, row.secretHash)) return nobody(wrongApiKey);
    this.#touch(row);
    const viewer: Viewer = {
      kind: 'API_KEY',
      id: row.id,
      label: row.name,
      tokenId: null,
      expiresAt: row.expiresAt,
      grants: grantsOfScopes(row.projectId, row.scopes),
    };
    return { viewer, problem: null };
  }

  /** Keeps when a key was last used, to the minute, without the request waiting for it. */
  #touch({ id, isUnused }: ApiKeyRow): void {
    if (!isUnused || this.#touching.has(id)) return;
    this.#touching.add(id);
    this.repository
      .touchApiKey(id)
      .catch((error: unknown) => this.logger.debug({ err: error }, 'The use of an API key was not noted.'))
      .finally(() => this.#touching.delete(id));
  }
}
