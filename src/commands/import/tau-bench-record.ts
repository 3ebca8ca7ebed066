import { z } from 'zod';

/** What is wrong with one field of a record. */
export interface FieldProblem {
  path: PropertyKey[];
  message: string;
}

/** Each schema's error is what was expected, in words; what is there instead is added by `describeIssue`. */
const content = z
  .union([z.string(), z.array(z.unknown())], { error: 'a string, a list of parts or null' })
  .nullish();
const name = z.string({ error: 'a name' }).min(1, { error: 'a name' });

const toolCallSchema = z.looseObject(
  {
    id: z.string({ error: 'a string' }).nullish(),
    function: z.looseObject(
      { name, arguments: z.unknown().optional() },
      { error: 'an object with the name of the function' },
    ),
  },
  { error: 'an object with the function called' },
);

const message = { error: 'a message (an object with role and content)' };
const systemMessage = z.looseObject({ role: z.literal('system'), content }, message);
const userMessage = z.looseObject({ role: z.literal('user'), content }, message);
const assistantMessage = z.looseObject(
  {
    role: z.literal('assistant'),
    content,
    tool_calls: z.array(toolCallSchema, { error: 'a list of calls or null' }).nullish(),
  },
  message,
);
const toolMessage = z.looseObject(
  {
    role: z.literal('tool'),
    content,
    name: name.nullish(),
    tool_call_id: z.string({ error: 'a string' }).nullish(),
  },
  message,
);

const messageSchema = z.discriminatedUnion(
  'role',
  [systemMessage, userMessage, assistantMessage, toolMessage],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'one of system, user, assistant, tool'
        : 'a message (an object with role and content)',
  },
);

/** A run that broke off has an empty traj, no task, and says why in `error`. */
const infoSchema = z.looseObject(
  {
    task: z.looseObject({ instruction: z.string({ error: 'a string' }) }, { error: 'an object' }).nullish(),
    error: z.string({ error: 'a string' }).nullish(),
    reward_info: z.unknown().optional(),
  },
  { error: 'an object' },
);

const recordSchema = z
  .object(
    {
      task_id: z.int({ error: 'a whole number' }).nonnegative({ error: 'a number of 0 or more' }),
      trial: z
        .int({ error: 'a whole number' })
        .nonnegative({ error: 'a number of 0 or more' })
        .max(9_999, { error: 'a number of at most 9999' }),
      reward: z.number({ error: 'a number' }),
      info: infoSchema,
      traj: z.array(messageSchema, { error: 'a list of messages' }),
    },
    { error: 'a run (an object with task_id, trial, reward, info and traj)' },
  )
  .refine(({ info }) => info.task || info.error, {
    path: ['info', 'task', 'instruction'],
    error: 'a string',
  });

/** One run, as τ-bench writes it; its messages are those of the OpenAI chat API. */
export type TauBenchRecord = z.infer<typeof recordSchema>;
export type TauBenchMessage = z.infer<typeof messageSchema>;
export type TauBenchToolCall = z.infer<typeof toolCallSchema>;

/** Checks the shape of a parsed record; answers every field that is wrong, not only the first. */
export function readRecord(value: unknown): { record: TauBenchRecord } | { problems: FieldProblem[] } {
  const result = recordSchema.safeParse(value);
  if (result.success) return { record: result.data };
  return { problems: result.error.issues.map(({ path, message }) => describeIssue(value, path, message)) };
}

/** The problem of a field: what was expected there, and what there is. */
function describeIssue(record: unknown, path: PropertyKey[], expected: string): FieldProblem {
  return { path, message: `expected ${expected}, got ${describeValue(valueAt(record, path))}` };
}

/** `traj[3].tool_calls[0].function.name`; the record itself is `the record`. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the record';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
