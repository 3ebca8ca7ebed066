/** Jobs of tasks; each is enqueued in the transaction that starts the clock it watches. */
export interface TaskJobs {
  /** Ends an attempt that has run longer than its timeoutMs. */
  timeOutTask: { taskId: string; attempt: number };
  /** Ends the wait for an answer that did not come in time. */
  expireIntervention: { interventionId: string };
}
