export { Binnacle, type Stats } from './binnacle.js';
export type { AgentOptions, BinnacleOptions } from './options.js';
export type { Problem, ProblemCode } from './problem.js';
export { NoAnswerError, type HumanAnswer, type QuestionOptions } from './question.js';
export type { ReportedError, StepEnd, StepFields, StepReport, StepStart, StepType } from './report.js';
export { Step, StepScope } from './step.js';
export { Task, type TaskEnd, type TaskOptions } from './task.js';
