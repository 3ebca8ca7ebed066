import { isoTime } from '../../platform/iso-time.js';
import { checkedJson, textRuleProblem } from '../../platform/validation.js';
import { errorColumns, type ErrorColumns } from './error-info.js';
import type { StepInput } from './step.inputs.js';
import { CostSource, StepStatus, type StepType } from './task-enums.js';

/** A step as it goes to the database: checked, its JSON written once, its times as text. */
export interface StepRecord extends ErrorColumns {
  key: string;
  parentKey: string | null;
  type: StepType;
  name: string;
  status: StepStatus;
  startedAt: string | null;
  endedAt: string | null;
  latencyMs: number | null;
  provider: string | null;
  model: string | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  costUsd: number | null;
  costSource: CostSource;
  priceDataVersion: string | null;
  input: string | null;
  output: string | null;
  attributes: string | null;
}

const maxLatencyMs = 1e12; // 31 years
const maxCostUsd = 1e9;
const maxTokens = 2_147_483_647;

type Payloads = Pick<StepRecord, 'input' | 'output' | 'attributes'>;

/** What is wrong with a field; what had to be written to see it is put into `payloads`. */
type Check = (step: StepInput, payloads: Payloads) => string | undefined;

const text = (field: 'key' | 'parentKey' | 'name' | 'provider' | 'model', max: number): Check => {
  return (step) => (step[field] == null ? undefined : textRuleProblem(step[field], { max }));
};
const number = (
  field: keyof StepInput & (`${string}Tokens` | 'latencyMs' | 'costUsd'),
  max: number,
): Check => {
  return ({ [field]: value }) =>
    value == null || (Number.isFinite(value) && value >= 0 && value <= max)
      ? undefined
      : `The number must be between 0 and ${max}.`;
};
const json = (field: keyof Payloads): Check => {
  return ({ [field]: value }, payloads) => {
    if (value == null) return undefined;
    const { text = null, problem } = checkedJson(value);
    payloads[field] = text;
    return problem;
  };
};

const checks: readonly (readonly [field: string, check: Check])[] = Object.entries<Check>({
  key: text('key', 200),
  parentKey: text('parentKey', 200),
  name: text('name', 500),
  provider: text('provider', 200),
  model: text('model', 200),
  latencyMs: number('latencyMs', maxLatencyMs),
  inputTokens: number('inputTokens', maxTokens),
  cachedInputTokens: number('cachedInputTokens', maxTokens),
  cacheWriteTokens: number('cacheWriteTokens', maxTokens),
  outputTokens: number('outputTokens', maxTokens),
  reasoningTokens: number('reasoningTokens', maxTokens),
  costUsd: number('costUsd', maxCostUsd),
  input: json('input'),
  output: json('output'),
  attributes: json('attributes'),
  endedAt: ({ startedAt, endedAt }) =>
    startedAt && endedAt && endedAt < startedAt ? 'A step cannot end before it starts.' : undefined,
  'error.message': ({ error }) => (error ? textRuleProblem(error.message, { max: 100_000 }) : undefined),
  'error.code': ({ error }) => (error?.code == null ? undefined : textRuleProblem(error.code, { max: 200 })),
  'error.type': ({ error }) => (error?.type == null ? undefined : textRuleProblem(error.type, { max: 200 })),
  'error.httpStatus': ({ error }) =>
    error?.httpStatus == null || (error.httpStatus >= 100 && error.httpStatus <= 599)
      ? undefined
      : 'The number must be between 100 and 599.',
});

/** The record of a step as it was told, or what is wrong with it, naming the field. */
export function readStep(
  step: StepInput,
): { record: StepRecord; problem?: undefined } | { record?: undefined; problem: string } {
  const payloads: Payloads = { input: null, output: null, attributes: null };
  for (const [field, check] of checks) {
    const problem = check(step, payloads);
    if (problem) return { problem: `${field}: ${problem}` };
  }
  return { record: recordOf(step, payloads) };
}

const asJson = (value: unknown) => (value == null ? null : JSON.stringify(value));

/** The record of a step of Binnacle's own, which needs no checks. */
export function stepRecord(step: StepInput): StepRecord {
  const { input, output, attributes } = step;
  return recordOf(step, { input: asJson(input), output: asJson(output), attributes: asJson(attributes) });
}

function recordOf(step: StepInput, { input, output, attributes }: Payloads): StepRecord {
  const { startedAt = null, endedAt = null } = step;
  const measured = startedAt && endedAt ? endedAt.getTime() - startedAt.getTime() : null;
  return {
    key: step.key,
    parentKey: step.parentKey ?? null,
    type: step.type,
    name: step.name,
    status: step.status ?? (step.error ? StepStatus.FAILED : StepStatus.SUCCEEDED),
    startedAt: startedAt ? isoTime(startedAt.getTime()) : null,
    endedAt: endedAt ? isoTime(endedAt.getTime()) : null,
    latencyMs: step.latencyMs ?? measured,
    provider: step.provider ?? null,
    model: step.model ?? null,
    inputTokens: step.inputTokens ?? null,
    cachedInputTokens: step.cachedInputTokens ?? null,
    cacheWriteTokens: step.cacheWriteTokens ?? null,
    outputTokens: step.outputTokens ?? null,
    reasoningTokens: step.reasoningTokens ?? null,
    costUsd: step.costUsd ?? null,
    costSource: step.costUsd == null ? CostSource.UNPRICED : CostSource.REPORTED,
    priceDataVersion: null,
    input,
    output,
    attributes,
    ...errorColumns(step.error),
  };
}

/**
 * Splits a batch so that no key comes twice within a wave, keeping the order of those that share a key: one statement
 * writes a wave, and a step that is opened and closed in one call goes through the same rules as in two.
 */
export function inWaves(records: readonly StepRecord[]): StepRecord[][] {
  const waves: StepRecord[][] = [];
  const seen = new Map<string, number>();
  for (const record of records) {
    const wave = seen.get(record.key) ?? 0;
    seen.set(record.key, wave + 1);
    (waves[wave] ??= []).push(record);
  }
  return waves;
}
