/** Jobs of the text search. They change no answer: what is not in the index is searched as it stands. */
export interface SearchJobs {
  /** By the clock: finds the projects that have enough to be indexed. */
  indexWaiting: object;
  /** Brings what a project has been told into the index. */
  indexProject: { projectId: string };
}
