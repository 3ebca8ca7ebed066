import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { v4 as uuidv4 } from 'uuid';
import { isId } from '../../platform/validation.js';
import { ProjectRole } from './grants.js';

const issuer = 'binnacle';
const sessionAudience = 'binnacle';
const invitationAudience = 'binnacle-invitation';
const invitationSeconds = 7 * 86_400;
const maxRemembered = 10_000;

/** What a session token says. Whether it still holds is for the database to say. */
export interface SessionClaims {
  userId: string;
  tokenId: string;
  /** Which generation of the person's sessions it belongs to. */
  generation: number;
  expiresAt: Date;
}

/** Leave to join a project, signed, bound to one email address, for seven days. */
export interface Invitation {
  projectId: string;
  role: ProjectRole;
  email: string;
  /** The ADMIN who invites; the invitation holds as long as that person administers the project. */
  invitedBy: string;
}

export interface Issued<Claims> {
  token: string;
  claims: Claims;
}

/** Makes and reads signed tokens (JWT, HS256). */
export class SessionTokens {
  readonly #key: KeyObject;
  readonly #read = new Map<string, SessionClaims>();

  constructor(
    secret: string,
    private readonly sessionSeconds: number,
  ) {
    this.#key = createSecretKey(Buffer.from(secret));
  }

  async issue(userId: string, generation: number): Promise<Issued<SessionClaims>> {
    const tokenId = uuidv4();
    const expires = nowSeconds() + this.sessionSeconds;
    const token = await this.#sign({ gen: generation }, sessionAudience, userId, expires, tokenId);
    return { token, claims: { userId, tokenId, generation, expiresAt: new Date(expires * 1000) } };
  }

  /** 'expired' for a token that was good once, null for anything else that is none of ours. */
  async read(token: string): Promise<SessionClaims | 'expired' | null> {
    const known = this.#read.get(token);
    if (known && known.expiresAt.getTime() > Date.now()) return known;
    const claims = await this.#readAnew(token);
    if (claims !== null && claims !== 'expired') this.#remember(token, claims);
    return claims;
  }

  /** A signature that held once holds for good: each token is checked once, not at every request. */
  #remember(token: string, claims: SessionClaims): void {
    this.#read.set(token, claims);
    for (const oldest of this.#read.keys()) {
      if (this.#read.size <= maxRemembered) break;
      this.#read.delete(oldest);
    }
  }

  async #readAnew(token: string): Promise<SessionClaims | 'expired' | null> {
    const payload = await this.#verify(token, sessionAudience);
    if (payload === null || payload === 'expired') return payload;
    const { sub, jti, exp, gen } = payload;
    if (!isId(sub) || !isId(jti) || typeof exp !== 'number' || typeof gen !== 'number') return null;
    return { userId: sub, tokenId: jti, generation: gen, expiresAt: new Date(exp * 1000) };
  }

  async invite(invitation: Invitation): Promise<{ token: string; expiresAt: Date }> {
    const { projectId, role, email, invitedBy } = invitation;
    const expires = nowSeconds() + invitationSeconds;
    const claims = { project: projectId, role, email };
    const token = await this.#sign(claims, invitationAudience, invitedBy, expires, uuidv4());
    return { token, expiresAt: new Date(expires * 1000) };
  }

  /** Null for an invitation that has expired or is none of ours. */
  async readInvitation(token: string): Promise<Invitation | null> {
    const payload = await this.#verify(token, invitationAudience);
    if (payload === null || payload === 'expired') return null;
    const { sub, project, role, email } = payload;
    if (!isId(sub) || !isId(project) || typeof email !== 'string' || !isRole(role)) return null;
    return { projectId: project, role, email, invitedBy: sub };
  }

  #sign(
    claims: JWTPayload,
    audience: string,
    subject: string,
    expires: number,
    tokenId: string,
  ): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setJti(tokenId)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(this.#key);
  }

  async #verify(token: string, audience: string): Promise<JWTPayload | 'expired' | null> {
    try {
      const options = {
        issuer,
        audience,
        algorithms: ['HS256'],
        requiredClaims: ['sub', 'jti', 'iat', 'exp'],
      };
      return (await jwtVerify(token, this.#key, options)).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired';
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function isRole(value: unknown): value is ProjectRole {
  return typeof value === 'string' && value in ProjectRole;
}
