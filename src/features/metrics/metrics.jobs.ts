/** Jobs of metrics. Each is right when it runs twice, and at any time. */
export interface MetricsJobs {
  /** Has every day computed whose tasks changed: each minute, and soon after a change. */
  repairDirtyDays: object;
  /** Has every day computed that ended and was not computed as a whole since. */
  sealDays: object;
  /** Computes one day of a project. */
  computeDay: { projectId: string; day: string };
}
