/** Jobs of login sessions. Each is right when it runs twice. */
export interface LoginJobs {
  /** Has every session probed that is due, and tells what became of the others as time went by: each minute. */
  probeDueLogins: object;
  /** Probes one session, where it is due or somebody asked for it. */
  probeLogin: { sessionId: string; isAsked: boolean };
}
