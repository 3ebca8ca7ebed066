import type { Viewer } from '../../platform/viewer.js';

/**
 * Credentials that hold no longer, or hold for less. A socket is concerned where everything named fits its viewer:
 * {userId, tokenId} one session, {userId} all of a person's, {userId, projectId} a person's who has that project,
 * {apiKeyId} a key's.
 */
export interface CredentialsEnded {
  userId?: string;
  tokenId?: string;
  apiKeyId?: string;
  projectId?: string;
}

export interface AuthEvents {
  /**
   * Key ''. Sent after commit by logout, renewSession, changePassword, removeMember, setMember (a lower role) and
   * revokeApiKey; every process closes the sockets concerned at once.
   */
  credentialsEnded: CredentialsEnded;
}

/** Whether the credentials that a socket was opened with are among those that ended. */
export function isConcerned(viewer: Viewer, ended: CredentialsEnded): boolean {
  if (ended.apiKeyId !== undefined) return viewer.kind === 'API_KEY' && viewer.id === ended.apiKeyId;
  return (
    viewer.kind === 'USER' &&
    viewer.id === ended.userId &&
    (ended.tokenId === undefined || viewer.tokenId === ended.tokenId) &&
    (ended.projectId === undefined || viewer.grants.has(ended.projectId))
  );
}
