/** Published after every commit that changed a task, its steps or its interventions; key: the project's id. */
export interface TaskChanged {
  taskId: string;
  agentId: string;
  /** The revision it has now. */
  revision: number;
}

/** Published after an intervention was asked for, answered or expired; key: the project's id. */
export interface InterventionChanged {
  interventionId: string;
}

/** Sender: TaskService and its kin. Listener: the live feeds of traces. Hints: the rows are the truth. */
export interface TaskEvents {
  taskChanged: TaskChanged;
  interventionChanged: InterventionChanged;
}
