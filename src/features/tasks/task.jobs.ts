/** Jobs of tasks; each is enqueued in the transaction that starts the clock it watches. */
export interface TaskJobs {
  /** Ends an attempt that has run longer than its timeoutMs: the one that began then, for a task given back begins it again. */
  timeOutTask: { taskId: string; attempt: number; startedAt: string | null };
  /** Takes tasks back from workers whose lease has run out. */
  giveBackTasks: object;
  /** Ends the wait for an answer that did not come in time. */
  expireIntervention: { interventionId: string };
  /** Prices steps again; how far it is stands in its PriceRun. */
  repriceSteps: { runId: string };
  /** Ends tasks told as traces whose root did not come. */
  closeQuietTraces: object;
  /** Deletes what projects keep for a number of days only. */
  purgeOldTasks: object;
}
