import { CostSource, StepStatus, StepType, type StepRecord } from '../tasks/index.js';
import { FlattenedLists } from './flattened-lists.js';
import type { MappedSpan, OtlpSpan } from './otlp-span.js';
import { attributesJson, type AddedAttributes } from './span-attributes.js';
import { errorOf, noError } from './span-error.js';
import { humanOf } from './span-human.js';
import { isModelCall, stepTypeOf } from './span-kind.js';
import { isoTime, isTime } from './iso-time.js';
import { modelOf, type SpanModel } from './span-model.js';
import { payloadOf } from './span-payload.js';
import { SpanReader, textOf } from './span-reader.js';
import { tagsOf } from './span-tags.js';
import { noTokens, tokensOf } from './span-tokens.js';
import { cutText, jsonOfValue } from './storable-json.js';

const longestName = 500;
const longestNameKept = 10_000;
const longestAgentName = 200;
const maxLatencyMs = 1e12;

const noModel: SpanModel = { provider: null, model: null, requestModel: null, costUsd: null };

/**
 * Says in Binnacle's terms what a span tells by any of the conventions; docs/otlp.md has the whole table. It never throws
 * and refuses nothing: what is too long is cut, what is not understood stays among the attributes.
 */
export function mapSpan(span: OtlpSpan): MappedSpan {
  const reader = new SpanReader(span.attributes);
  const human = humanOf(span.attributes);
  const type = stepTypeOf(reader, human !== null);
  const lists = new FlattenedLists(reader);
  const payload = payloadOf(span, type, reader, lists);
  const isCall = isModelCall(type);
  // Spans around the calls tell the sum of what these used: counting both would count everything twice.
  const tokens = isCall ? tokensOf(reader) : noTokens;
  const model = isCall ? modelOf(reader) : noModel;
  const error = errorOf(span, reader);
  const times = timesOf(span);
  const spanName = textOf(span.name, longestName) ?? 'unnamed span';
  const name = (type === StepType.TOOL && toolName(reader)) || spanName;
  const added: AddedAttributes = {
    'otel.span.name': name === span.name ? null : cutText(span.name, longestNameKept) || null,
    'gen_ai.request.model': model.requestModel,
    'gen_ai.response.finish_reasons': finishReasons(reader),
    'exception.stacktrace': error?.stacktrace ?? null,
  };
  const { errorCode, errorMessage, errorClass } = error ?? noError;
  const step: StepRecord = {
    key: span.spanId,
    parentKey: span.parentSpanId,
    type,
    name,
    status: statusOf(span, error !== null),
    startedAt: times.startedAt,
    endedAt: times.endedAt,
    latencyMs: times.latencyMs,
    provider: model.provider,
    model: model.model,
    inputTokens: tokens.inputTokens,
    cachedInputTokens: tokens.cachedInputTokens,
    cacheWriteTokens: tokens.cacheWriteTokens,
    outputTokens: tokens.outputTokens,
    reasoningTokens: tokens.reasoningTokens,
    costUsd: model.costUsd,
    costSource: model.costUsd === null ? CostSource.UNPRICED : CostSource.REPORTED,
    priceDataVersion: null,
    input: payload.input,
    output: payload.output,
    errorCode,
    errorMessage,
    errorClass,
    attributes: attributesJson(span, reader, added, {
      areMessages: payload.isOfEvents,
      error: error?.toldBy ?? null,
    }),
  };
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    isRoot: span.parentSpanId === null,
    step,
    agentName: agentNameOf(span, reader),
    taskName: taskNameOf(reader) ?? spanName,
    taskInput: payload.input,
    taskOutput: payload.output,
    tags: tagsOf(span.attributes),
    human,
  };
}

function statusOf(span: OtlpSpan, isFailed: boolean): StepStatus {
  if (isFailed) return StepStatus.FAILED;
  return span.endMs === null ? StepStatus.RUNNING : StepStatus.SUCCEEDED;
}

/** A clock that was set back in between makes a span that took no time. */
function timesOf({ startMs, endMs }: OtlpSpan): Pick<StepRecord, 'startedAt' | 'endedAt' | 'latencyMs'> {
  const start = isTime(startMs) ? startMs : null;
  const end = isTime(endMs) ? Math.max(endMs, start ?? endMs) : null;
  return {
    startedAt: start === null ? null : isoTime(start),
    endedAt: end === null ? null : isoTime(end),
    latencyMs: start === null || end === null ? null : Math.min(maxLatencyMs, roundedMs(end - start)),
  };
}

/** To the microsecond, which is what a time in milliseconds since 1970 holds. */
const roundedMs = (ms: number) => Math.round(ms * 1000) / 1000;

function toolName(reader: SpanReader): string | null {
  return reader.takeText(longestName, toolNameKeys);
}

function agentNameOf(span: OtlpSpan, reader: SpanReader): string {
  return (
    textOf(reader.get('gen_ai.agent.name'), longestAgentName) ??
    (reader.has('openinference.span.kind') ? textOf(reader.get('agent.name'), longestAgentName) : null) ??
    textOf(span.resource.get('service.name'), longestAgentName) ??
    'unknown_service'
  );
}

/** Names that people gave; a span's own name is often that of a function. */
function taskNameOf(reader: SpanReader): string | null {
  return reader.text(longestName, taskNameKeys);
}

/** Under the name of OpenTelemetry's, which is a list, whichever convention told it. */
function finishReasons(reader: SpanReader): { json: string } | null {
  for (const key of finishReasonKeys) {
    const reason = textOf(reader.get(key), longestName);
    if (reason !== null) return { json: `[${jsonOfValue(reason)}]` };
  }
  return null;
}

const toolNameKeys = ['gen_ai.tool.name', 'ai.toolCall.name', 'tool.name', 'traceloop.entity.name'];
const taskNameKeys = ['gen_ai.workflow.name', 'ai.telemetry.functionId', 'traceloop.entity.name'];
const finishReasonKeys = [
  'llm.finish_reason',
  'ai.response.finishReason',
  'llm.response.finish_reason',
  'llm.response.stop_reason',
  'gen_ai.completion.0.finish_reason',
];
