import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { encoded, otlpSpan, randomSpan, seeded } from '../../../test/support/otlp-spans.js';
import { jsonProblem, textProblem } from '../../platform/scalars.js';
import { setMaxJsonBytes } from '../../platform/validation.js';
import { decodeTracesProtobuf } from './decode-protobuf.js';
import type { AttributeValue, MappedSpan, OtlpSpan } from './otlp-span.js';
import { mapSpan } from './span-mapping.js';

type Told = Readonly<Record<string, AttributeValue>>;

const stepOf = (attributes: Told, more: Partial<OtlpSpan> = {}) => mapSpan(otlpSpan(attributes, more)).step;
const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json));
const inOut = (attributes: Told, more: Partial<OtlpSpan> = {}) => {
  const { input, output } = stepOf(attributes, more);
  return { input: parsed(input), output: parsed(output) };
};
const kept = (attributes: Told, more: Partial<OtlpSpan> = {}) =>
  parsed(stepOf(attributes, more).attributes) as Record<string, unknown>;
const event = (name: string, attributes: Told) => ({
  name,
  timeMs: Date.parse('2026-03-01T12:00:01Z'),
  attributes: new Map(Object.entries(attributes)),
});

/** What PostgreSQL, or a rule of steps, would refuse. */
function problemsOf({ step, agentName, taskName, tags, human }: MappedSpan): string[] {
  const problems: string[] = [];
  const text = (name: string, value: string | null, max: number) => {
    if (value === null) return;
    if (value.trim() === '' || value.length > max || textProblem(value)) problems.push(name);
  };
  const json = (name: string, value: string | null) => {
    // 1e999 is a number to JSON and PostgreSQL; only JavaScript has no such one.
    const finite = (_: string, item: unknown) => (item === Number.POSITIVE_INFINITY ? null : item);
    if (value !== null && jsonProblem(JSON.parse(value, finite))) problems.push(name);
    // An escape behind a whole number of escaped backslashes.
    if (value !== null && (textProblem(value) || /(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(value)))
      problems.push(name);
  };
  const number = (name: string, value: number | null, max: number) => {
    if (value !== null && !(value >= 0 && value <= max)) problems.push(name);
  };
  text('key', step.key, 200);
  text('parentKey', step.parentKey, 200);
  text('name', step.name, 500);
  text('provider', step.provider, 200);
  text('model', step.model, 200);
  text('errorMessage', step.errorMessage, 100_000);
  text('errorCode', step.errorCode, 200);
  text('agentName', agentName, 200);
  text('taskName', taskName, 500);
  for (const tag of tags) text('tag', tag, 200);
  json('input', step.input);
  json('output', step.output);
  json('attributes', step.attributes);
  json('answer', human?.answer ?? null);
  text('reason', human?.reason ?? null, 1000);
  number('latencyMs', step.latencyMs, 1e12);
  number('costUsd', step.costUsd, 1e9);
  for (const field of [
    'inputTokens',
    'cachedInputTokens',
    'cacheWriteTokens',
    'outputTokens',
    'reasoningTokens',
  ] as const) {
    number(field, step[field], 2_147_483_647);
    if (step[field] !== null && !Number.isInteger(step[field])) problems.push(field);
  }
  if (step.startedAt && step.endedAt && step.endedAt < step.startedAt) problems.push('endedAt');
  return problems;
}

describe('the type of a step', () => {
  test.each<[string, Told]>([
    ['LLM', { 'gen_ai.operation.name': 'chat' }],
    ['LLM', { 'gen_ai.operation.name': 'generate_content' }],
    ['LLM', { 'gen_ai.operation.name': 'text_completion' }],
    ['EMBEDDING', { 'gen_ai.operation.name': 'embeddings' }],
    ['RETRIEVAL', { 'gen_ai.operation.name': 'retrieval' }],
    ['AGENT', { 'gen_ai.operation.name': 'invoke_agent' }],
    ['AGENT', { 'gen_ai.operation.name': 'create_agent' }],
    ['AGENT', { 'gen_ai.operation.name': 'invoke_workflow' }],
    ['TOOL', { 'gen_ai.operation.name': 'execute_tool' }],
    ['GUARDRAIL', { 'gen_ai.operation.name': 'apply_guardrail' }],
    ['SYSTEM', { 'gen_ai.operation.name': 'agent_step' }],
    ['SYSTEM', { 'ai.operationId': 'ai.embed' }],
    ['LLM', { 'openinference.span.kind': 'LLM' }],
    ['RETRIEVAL', { 'openinference.span.kind': 'RETRIEVER' }],
    ['RERANK', { 'openinference.span.kind': 'RERANKER' }],
    ['EVALUATION', { 'openinference.span.kind': 'EVALUATOR' }],
    ['GUARDRAIL', { 'openinference.span.kind': 'GUARDRAIL' }],
    ['SYSTEM', { 'openinference.span.kind': 'CHAIN' }],
    ['AGENT', { 'traceloop.span.kind': 'workflow' }],
    ['TOOL', { 'traceloop.span.kind': 'tool' }],
    ['SYSTEM', { 'traceloop.span.kind': 'task' }],
    ['AGENT', { 'ai.operationId': 'ai.generateText' }],
    ['LLM', { 'ai.operationId': 'ai.streamText.doStream' }],
    ['EMBEDDING', { 'ai.operationId': 'ai.embedMany.doEmbed' }],
    ['TOOL', { 'ai.operationId': 'ai.toolCall' }],
    ['RERANK', { 'llm.request.type': 'rerank' }],
    ['LLM', { 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 1 }],
    ['HUMAN', { 'binnacle.human.reason': 'looked at it' }],
    ['SYSTEM', { 'openinference.span.kind': 'CHAIN', 'annotation.annotator_kind': 'HUMAN' }],
    ['SYSTEM', { 'http.request.method': 'GET' }],
    ['SYSTEM', {}],
    // The order of the conventions.
    ['LLM', { 'gen_ai.operation.name': 'chat', 'openinference.span.kind': 'TOOL' }],
    ['TOOL', { 'openinference.span.kind': 'TOOL', 'traceloop.span.kind': 'workflow' }],
    // What is not known is passed over.
    ['TOOL', { 'gen_ai.operation.name': 'sing', 'openinference.span.kind': 'TOOL' }],
    ['SYSTEM', { 'gen_ai.operation.name': 7, 'openinference.span.kind': '__proto__' }],
  ])('%s by %j', (type, attributes) => {
    expect(stepOf(attributes).type).toBe(type);
  });
});

describe('tokens', () => {
  const tokens = (attributes: Told) => {
    const step = stepOf({ 'gen_ai.operation.name': 'chat', ...attributes });
    return [
      step.inputTokens,
      step.cachedInputTokens,
      step.cacheWriteTokens,
      step.outputTokens,
      step.reasoningTokens,
    ];
  };

  test.each<[string, Told, (number | null)[]]>([
    [
      'OpenTelemetry’s',
      {
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.cache_read.input_tokens': 40,
        'gen_ai.usage.cache_creation.input_tokens': 10,
        'gen_ai.usage.output_tokens': 20,
        'gen_ai.usage.reasoning.output_tokens': 5,
      },
      [100, 40, 10, 20, 5],
    ],
    [
      'OpenLLMetry’s',
      {
        'gen_ai.usage.prompt_tokens': 100,
        'gen_ai.usage.completion_tokens': 20,
        'gen_ai.usage.cache_read_input_tokens': 40,
        'gen_ai.usage.cache_creation_input_tokens': 0,
        'llm.usage.total_tokens': 120,
      },
      [100, 40, 0, 20, null],
    ],
    [
      'OpenInference’s',
      {
        'llm.token_count.prompt': 50,
        'llm.token_count.completion': 20,
        'llm.token_count.total': 70,
        'llm.token_count.prompt_details.cache_read': 30,
        'llm.token_count.prompt_details.cache_write': 5,
        'llm.token_count.completion_details.reasoning': 8,
      },
      [50, 30, 5, 20, 8],
    ],
    [
      'the AI SDK’s',
      {
        'ai.usage.inputTokens': 100,
        'ai.usage.outputTokens': 20,
        'ai.usage.inputTokenDetails.cacheReadTokens': 40,
        'ai.usage.inputTokenDetails.cacheWriteTokens': 2,
        'ai.usage.outputTokenDetails.reasoningTokens': 5,
        'ai.usage.totalTokens': 120,
      },
      [100, 40, 2, 20, 5],
    ],
    [
      'an older AI SDK’s',
      { 'ai.usage.promptTokens': 7, 'ai.usage.completionTokens': 3 },
      [7, null, null, 3, null],
    ],
    [
      'more cached than input: counted apart',
      {
        'gen_ai.usage.input_tokens': 4,
        'gen_ai.usage.cache_read.input_tokens': 2000,
        'gen_ai.usage.output_tokens': 9,
      },
      [2004, 2000, null, 9, null],
    ],
    [
      'a total that only adds up with the cached: counted apart',
      {
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 20,
        'llm.token_count.prompt_details.cache_read': 60,
        'llm.token_count.prompt_details.cache_write': 10,
        'llm.token_count.total': 190,
      },
      [170, 60, 10, 20, null],
    ],
    [
      'a total that only adds up with reasoning: counted apart',
      {
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 20,
        'gen_ai.usage.reasoning_tokens': 7,
        'gen_ai.usage.total_tokens': 127,
      },
      [100, null, null, 27, 7],
    ],
    [
      'Anthropic’s own words by an older AI SDK',
      {
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 20,
        'ai.response.providerMetadata':
          '{"anthropic":{"usage":{"input_tokens":100,"cache_read_input_tokens":60,"cache_creation_input_tokens":5}}}',
      },
      [165, 60, 5, 20, null],
    ],
    [
      'Google’s own words by an older AI SDK',
      {
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 20,
        'ai.response.providerMetadata':
          '{"google":{"usageMetadata":{"candidatesTokenCount":20,"thoughtsTokenCount":300}}}',
      },
      [100, null, null, 320, 300],
    ],
    [
      'a total and one of two',
      { 'llm.usage.total_tokens': 50, 'gen_ai.usage.input_tokens': 40 },
      [40, null, null, 10, null],
    ],
    ['nothing is not zero', {}, [null, null, null, null, null]],
    ['zero is told', { 'gen_ai.usage.output_tokens': 0 }, [null, null, null, 0, null]],
    [
      'text',
      { 'gen_ai.usage.input_tokens': ' 12 ', 'gen_ai.usage.output_tokens': '3.0' },
      [12, null, null, 3, null],
    ],
    [
      'wrong ones',
      {
        'gen_ai.usage.input_tokens': -1,
        'gen_ai.usage.output_tokens': Number.NaN,
        'gen_ai.usage.cache_read.input_tokens': 2 ** 31,
        'gen_ai.usage.reasoning.output_tokens': 'many',
        'gen_ai.usage.cache_creation.input_tokens': [1],
      },
      [null, null, null, null, null],
    ],
  ])('%s', (_, attributes, expected) => {
    expect(tokens(attributes)).toEqual(expected);
  });

  test('what is wrong stays among the attributes, what is right does not', () => {
    const attributes = kept({
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': -1,
      'gen_ai.usage.output_tokens': 5,
    });
    expect(attributes).toMatchObject({ 'gen_ai.usage.input_tokens': -1 });
    expect(attributes).not.toHaveProperty(['gen_ai.usage.output_tokens']);
  });

  test.each(['invoke_agent', 'execute_tool', 'invoke_workflow'])(
    'of %s are the sum of the calls within it: they stay attributes, and so do model and cost',
    (operation) => {
      const told = {
        'gen_ai.operation.name': operation,
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.provider.name': 'openai',
        'gen_ai.usage.input_tokens': 500,
        'gen_ai.usage.output_tokens': 50,
        'llm.cost.total': 0.25,
      };
      expect(stepOf(told)).toMatchObject({
        inputTokens: null,
        outputTokens: null,
        costUsd: null,
        costSource: 'UNPRICED',
        model: null,
        provider: null,
      });
      expect(kept(told)).toMatchObject(told);
    },
  );
});

describe('provider, model and cost', () => {
  test.each<[Told, string | null, string | null]>([
    [
      {
        'gen_ai.provider.name': 'azure.ai.openai',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
      },
      'azure.ai.openai',
      'gpt-4o-2024-08-06',
    ],
    [{ 'gen_ai.system': 'anthropic', 'gen_ai.request.model': 'claude' }, 'anthropic', 'claude'],
    [{ 'llm.provider': 'azure', 'llm.system': 'openai', 'llm.model_name': 'gpt-4o' }, 'azure', 'gpt-4o'],
    [{ 'llm.request.model_name': 'a', 'llm.response.model_name': 'b' }, null, 'b'],
    [
      { 'gen_ai.system': 'groq.chat', 'ai.model.provider': 'groq.chat', 'ai.model.id': 'llama' },
      'groq',
      'llama',
    ],
    [{ 'ai.model.provider': 'google.generative-ai', 'ai.response.model': 'gemini' }, 'google', 'gemini'],
    [{}, null, null],
  ])('%j', (attributes, provider, model) => {
    expect(stepOf({ 'openinference.span.kind': 'LLM', ...attributes })).toMatchObject({ provider, model });
  });

  test('the model that was asked for stays known', () => {
    const attributes = kept({
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.id': 'gpt-4o',
      'ai.response.model': 'gpt-4o-2024',
    });
    expect(attributes).toMatchObject({ 'gen_ai.request.model': 'gpt-4o' });
  });

  test.each<[Told, number | null]>([
    [{ 'llm.cost.total': 0.0066, 'llm.cost.prompt': 1 }, 0.0066],
    [{ 'llm.cost.prompt': 0.25, 'llm.cost.completion': 0.5 }, 0.75],
    [{ 'llm.cost.prompt': 0.25 }, null],
    [{ 'gen_ai.usage.cost': '0.5' }, 0.5],
    [{ 'llm.cost.total': 0 }, 0],
    [{ 'llm.cost.total': -1 }, null],
    [{ 'llm.cost.total': Number.POSITIVE_INFINITY }, null],
  ])('%j costs %d', (attributes, costUsd) => {
    expect(stepOf({ 'openinference.span.kind': 'LLM', ...attributes })).toMatchObject({
      costUsd,
      costSource: costUsd === null ? 'UNPRICED' : 'REPORTED',
    });
  });
});

describe('messages', () => {
  const question = [{ role: 'user', parts: [{ type: 'text', content: 'Rain?' }] }];
  const answer = [{ role: 'assistant', parts: [{ type: 'text', content: 'Yes.' }], finish_reason: 'stop' }];

  test('OpenTelemetry’s, as text and as structure, with the system’s before them', () => {
    const told = {
      'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'Be brief.' }]),
      'gen_ai.input.messages': JSON.stringify(question),
      'gen_ai.output.messages': answer as unknown as AttributeValue,
    };
    expect(inOut({ 'gen_ai.operation.name': 'chat', ...told })).toEqual({
      input: [{ role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] }, ...question],
      output: answer,
    });
    expect(kept(told)).not.toHaveProperty(['gen_ai.input.messages']);
    for (const [messages, expected] of [
      ['[]', [{ role: 'system', content: 'Hi' }]],
      [' [ ]', [{ role: 'system', content: 'Hi' }]],
      ['"x"', { system: 'Hi', messages: 'x' }],
    ]) {
      expect(
        inOut({ 'gen_ai.system_instructions': 'Hi', 'gen_ai.input.messages': messages as string }).input,
      ).toEqual(expected);
    }
  });

  test('OpenInference’s, flattened', () => {
    const told = {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.10.message.content': 'last',
      'llm.input_messages.10.message.role': 'user',
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.0.message.content': 'Be brief.',
      'llm.input_messages.1.message.role': 'user',
      'llm.input_messages.1.message.contents.0.message_content.type': 'text',
      'llm.input_messages.1.message.contents.0.message_content.text': 'Hi',
      'llm.input_messages.1.message.contents.1.message_content.type': 'image',
      'llm.input_messages.1.message.contents.1.message_content.image.image.url': 'https://example.com/a.png',
      'llm.input_messages.2.message.role': 'assistant',
      'llm.input_messages.2.message.tool_calls.0.tool_call.id': 'c0',
      'llm.input_messages.2.message.tool_calls.0.tool_call.function.name': 'weather',
      'llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments': '{"city":"Rome"}',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.content': 'Sun.',
      'input.value': '{"model":"gpt-4o"}',
      'llm.tools.0.tool.json_schema': '{}',
    };
    expect(inOut(told)).toEqual({
      input: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'image', image: { url: 'https://example.com/a.png' } },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c0', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
        },
        { content: 'last', role: 'user' },
      ],
      output: [{ role: 'assistant', content: 'Sun.' }],
    });
    // What the messages do not say is kept.
    expect(Object.keys(kept(told)).filter((key) => !key.startsWith('otel.'))).toEqual([
      'openinference.span.kind',
      'input.value',
      'llm.tools.0.tool.json_schema',
    ]);
  });

  test('OpenLLMetry’s, flattened, in OpenAI’s form', () => {
    const told = {
      'llm.request.type': 'chat',
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': '[{"type":"text","text":"Rain?"}]',
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.finish_reason': 'tool_calls',
      'gen_ai.completion.0.tool_calls.0.id': 'c1',
      'gen_ai.completion.0.tool_calls.0.name': 'weather',
      'gen_ai.completion.0.tool_calls.0.arguments': '{}',
      'gen_ai.prompt.name': 'a prompt of a library',
    };
    expect(inOut(told)).toEqual({
      input: [{ role: 'user', content: [{ type: 'text', text: 'Rain?' }] }],
      output: [
        {
          role: 'assistant',
          finish_reason: 'tool_calls',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
      ],
    });
    expect(kept(told)).toMatchObject({
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.prompt.name': 'a prompt of a library',
    });
  });

  test('the AI SDK’s: of a call, and of the span around it', () => {
    const call = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.prompt.messages': '[{"role":"user","content":[{"type":"text","text":"Rain?"}]}]',
      'ai.response.text': 'I look.',
      'ai.response.reasoning': 'hm',
      'ai.response.toolCalls':
        '[{"toolCallId":"c1","toolName":"weather","input":"{\\"city\\":\\"Paris\\"}"}]',
      'ai.response.finishReason': 'tool-calls',
    };
    expect(inOut(call)).toEqual({
      input: [{ role: 'user', content: [{ type: 'text', text: 'Rain?' }] }],
      output: [
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'I look.' },
            { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: { city: 'Paris' } },
          ],
        },
      ],
    });
    expect(kept(call)).toMatchObject({ 'gen_ai.response.finish_reasons': ['tool-calls'] });
    const around = {
      'ai.operationId': 'ai.generateText',
      'ai.prompt': '{"system":"Be brief.","prompt":"Rain?"}',
      'ai.response.text': 'Rain.',
    };
    expect(inOut(around)).toEqual({ input: { system: 'Be brief.', prompt: 'Rain?' }, output: 'Rain.' });
    expect(inOut({ 'ai.operationId': 'ai.generateObject', 'ai.response.object': '{"a":1}' }).output).toEqual({
      a: 1,
    });
    expect(
      inOut({
        'ai.operationId': 'ai.embedMany.doEmbed',
        'ai.values': ['"a"', '"b"'],
        'ai.embeddings': ['[1,2]', '[3,4]'],
      }),
    ).toEqual({
      input: ['a', 'b'],
      output: [
        [1, 2],
        [3, 4],
      ],
    });
  });

  test('of events: one each, or all at once', () => {
    const events = [
      event('gen_ai.system.message', { content: 'Be brief.' }),
      event('gen_ai.user.message', {
        'gen_ai.system': 'openai',
        'gen_ai.event.content': '{"content":"Rain?"}',
      }),
      event('gen_ai.choice', {
        'gen_ai.event.content':
          '{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Yes."}}',
      }),
    ];
    const chat = { 'gen_ai.operation.name': 'chat' };
    expect(inOut(chat, { events })).toEqual({
      input: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Rain?' },
      ],
      output: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.' } }],
    });
    expect(kept(chat, { events })).not.toHaveProperty(['otel.events']);
    const details = event('gen_ai.client.inference.operation.details', {
      'gen_ai.input.messages': question as unknown as AttributeValue,
      'gen_ai.output.messages': JSON.stringify(answer),
    });
    expect(inOut(chat, { events: [details] })).toEqual({ input: question, output: answer });
  });

  test('any values: by their sort, or as what they are', () => {
    expect(
      inOut({
        'input.value': '{"a":1}',
        'input.mime_type': 'application/json',
        'output.value': '{"a":1}',
        'output.mime_type': 'text/plain',
      }),
    ).toEqual({
      input: { a: 1 },
      output: '{"a":1}',
    });
    expect(inOut({ 'traceloop.entity.input': '{"inputs":[]}', 'traceloop.entity.output': 'plain' })).toEqual({
      input: { inputs: [] },
      output: 'plain',
    });
    expect(inOut({ 'input.value': '{not JSON', 'output.value': 7 })).toEqual({
      input: '{not JSON',
      output: 7,
    });
  });
});

describe('tools, retrieval and reranking', () => {
  test.each<[string, Told]>([
    [
      'OpenTelemetry’s',
      {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'weather',
        'gen_ai.tool.call.arguments': '{"city":"Paris"}',
        'gen_ai.tool.call.result': { rain: true },
      },
    ],
    [
      'the AI SDK’s',
      {
        'ai.operationId': 'ai.toolCall',
        'ai.toolCall.name': 'weather',
        'ai.toolCall.args': '{"city":"Paris"}',
        'ai.toolCall.result': '{"rain":true}',
      },
    ],
    [
      'OpenInference’s',
      {
        'openinference.span.kind': 'TOOL',
        'tool.name': 'weather',
        'input.value': '{"city":"Paris"}',
        'output.value': '{"rain":true}',
      },
    ],
  ])('a call of %s', (_, attributes) => {
    const step = stepOf(attributes, { name: 'execute_tool weather' });
    expect(step).toMatchObject({ type: 'TOOL', name: 'weather' });
    expect(parsed(step.input)).toEqual({ city: 'Paris' });
    expect(parsed(step.output)).toEqual({ rain: true });
    expect(parsed(step.attributes)).toMatchObject({ 'otel.span.name': 'execute_tool weather' });
  });

  test('documents', () => {
    expect(
      inOut({
        'openinference.span.kind': 'RETRIEVER',
        'input.value': 'kettles',
        'input.mime_type': 'text/plain',
        'retrieval.documents.0.document.id': 'd1',
        'retrieval.documents.0.document.score': 0.5,
        'retrieval.documents.1.document.content': 'About kettles',
      }),
    ).toEqual({ input: 'kettles', output: [{ id: 'd1', score: 0.5 }, { content: 'About kettles' }] });
    expect(
      inOut({
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.retrieval.query.text': 'kettles',
        'gen_ai.retrieval.documents': '[{"id":"d1","score":0.5}]',
      }),
    ).toEqual({ input: 'kettles', output: [{ id: 'd1', score: 0.5 }] });
    expect(
      inOut({
        'openinference.span.kind': 'RERANKER',
        'reranker.query': 'kettles',
        'reranker.input_documents.0.document.id': 'd1',
        'reranker.output_documents.0.document.id': 'd1',
      }),
    ).toEqual({ input: { query: 'kettles', documents: [{ id: 'd1' }] }, output: [{ id: 'd1' }] });
    expect(
      inOut({
        'openinference.span.kind': 'EMBEDDING',
        'embedding.embeddings.0.embedding.text': 'hello',
        'embedding.embeddings.0.embedding.vector': [0.1, 0.2],
      }).output,
    ).toEqual([{ text: 'hello', vector: [0.1, 0.2] }]);
  });
});

describe('errors and status', () => {
  test('an exception tells what went wrong', () => {
    const events = [
      event('exception', { 'exception.type': 'First', 'exception.message': 'retried' }),
      event('exception', {
        'exception.type': 'RateLimitError',
        'exception.message': 'Rate limit reached',
        'exception.stacktrace': 'at call',
      }),
    ];
    const told = { 'error.type': 'rate_limit_exceeded', 'http.response.status_code': 429 };
    const step = stepOf(told, { events, statusCode: 2, statusMessage: 'failed' });
    expect(step).toMatchObject({
      status: 'FAILED',
      errorCode: 'rate_limit_exceeded',
      errorMessage: 'Rate limit reached',
      errorClass: 'RATE_LIMIT',
    });
    expect(parsed(step.attributes)).toMatchObject({
      'exception.stacktrace': 'at call',
      'otel.events': [{ name: 'exception', attributes: { 'exception.type': 'First' } }],
    });
  });

  test.each<[string, Told, Partial<OtlpSpan>, object]>([
    [
      'a message of the status',
      {},
      { statusCode: 2, statusMessage: 'socket hang up' },
      { status: 'FAILED', errorMessage: 'socket hang up', errorClass: 'NETWORK' },
    ],
    [
      'error.type alone',
      { 'error.type': '503' },
      {},
      { status: 'FAILED', errorCode: '503', errorMessage: '503', errorClass: 'OVERLOADED' },
    ],
    [
      'error.type in a span that is well',
      { 'error.type': 'x' },
      { statusCode: 1 },
      { status: 'SUCCEEDED', errorMessage: null },
    ],
    [
      'nothing but the status',
      {},
      { statusCode: 2 },
      { status: 'FAILED', errorMessage: 'The span says that it failed, and not why.' },
    ],
    [
      'an exception that was caught',
      {},
      { events: [event('exception', { 'exception.message': 'x' })] },
      { status: 'SUCCEEDED', errorMessage: null },
    ],
    ['no end yet', {}, { endMs: null }, { status: 'RUNNING', endedAt: null, latencyMs: null }],
  ])('%s', (_, attributes, more, expected) => {
    expect(stepOf(attributes, more)).toMatchObject(expected);
  });

  test('times to the microsecond, never backwards', () => {
    expect(stepOf({})).toMatchObject({
      startedAt: '2026-03-01T12:00:00.000Z',
      endedAt: '2026-03-01T12:00:01.500Z',
      latencyMs: 1500.25,
    });
    expect(stepOf({}, { startMs: 2000, endMs: 1000 })).toMatchObject({
      startedAt: '1970-01-01T00:00:02.000Z',
      endedAt: '1970-01-01T00:00:02.000Z',
      latencyMs: 0,
    });
    for (const wrong of [null, Number.NaN, -5, 1e300]) {
      expect(stepOf({}, { startMs: wrong })).toMatchObject({ startedAt: null, latencyMs: null });
    }
  });
});

describe('the task of a trace', () => {
  test('has the name, agent and payload of its root', () => {
    const span = otlpSpan({ 'input.value': 'Rain?', 'output.value': 'Yes.' }, { name: 'answer' });
    expect(mapSpan(span)).toMatchObject({
      traceId: span.traceId,
      isRoot: true,
      agentName: 'support',
      taskName: 'answer',
      taskInput: '"Rain?"',
      taskOutput: '"Yes."',
      step: { key: span.spanId, parentKey: null, name: 'answer' },
    });
    const child = mapSpan(otlpSpan({}, { parentSpanId: 'ab'.repeat(8) }));
    expect(child).toMatchObject({ isRoot: false, step: { parentKey: 'ab'.repeat(8) } });
  });

  test.each<[Told, string]>([
    [{ 'ai.telemetry.functionId': 'weather-agent' }, 'weather-agent'],
    [{ 'gen_ai.workflow.name': 'refunds' }, 'refunds'],
    [{ 'traceloop.entity.name': 'joke_workflow' }, 'joke_workflow'],
  ])('is called what people called it: %j', (attributes, name) => {
    expect(mapSpan(otlpSpan(attributes)).taskName).toBe(name);
  });

  test.each<[Told, Told, string]>([
    [{ 'gen_ai.agent.name': 'Math Tutor' }, { 'service.name': 'school' }, 'Math Tutor'],
    [
      { 'agent.name': 'researcher', 'openinference.span.kind': 'AGENT' },
      { 'service.name': 'lab' },
      'researcher',
    ],
    [{ 'agent.name': 'a machine' }, { 'service.name': 'school' }, 'school'],
    [{}, { 'service.name': 'school' }, 'school'],
    [{ 'gen_ai.agent.name': '  ' }, {}, 'unknown_service'],
  ])('agent by %j and %j', (attributes, resource, agent) => {
    expect(mapSpan(otlpSpan(attributes, { resource: new Map(Object.entries(resource)) })).agentName).toBe(
      agent,
    );
  });

  test('tags', () => {
    expect(
      mapSpan(
        otlpSpan({
          'session.id': 's1',
          'user.id': 7,
          'gen_ai.conversation.id': 'c1',
          'tag.tags': ['a', 'b', 'a', 3],
        }),
      ).tags,
    ).toEqual(['session:s1', 'user:7', 'conversation:c1', 'a', 'b', '3']);
    expect(
      mapSpan(
        otlpSpan({
          'ai.telemetry.metadata.sessionId': 's2',
          'traceloop.association.properties.user_id': 'u2',
          'ai.telemetry.metadata.tags': ['x'.repeat(300)],
        }),
      ).tags,
    ).toEqual(['session:s2', 'user:u2', 'x'.repeat(200)]);
  });
});

describe('a human', () => {
  test('by binnacle.human.*', () => {
    expect(
      mapSpan(
        otlpSpan({
          'binnacle.human.kind': 'approval',
          'binnacle.human.reason': 'May I refund?',
          'binnacle.human.answer': '{"approved":true}',
        }),
      ).human,
    ).toEqual({ kind: 'APPROVAL', reason: 'May I refund?', answer: '{"approved":true}' });
    expect(mapSpan(otlpSpan({ 'binnacle.human.kind': 'dance' })).human).toEqual({
      kind: 'CORRECTION',
      reason: 'A human stepped in.',
      answer: null,
    });
  });

  test.each([
    'annotation',
    'annotations.0.annotation',
    'evaluations.3.evaluation',
    'trace.annotations.0.annotation',
  ])('by %s', (prefix) => {
    const { human, step } = mapSpan(
      otlpSpan({
        'openinference.span.kind': 'LLM',
        [`${prefix}.annotator_kind`]: 'HUMAN',
        [`${prefix}.name`]: 'correctness',
        [`${prefix}.label`]: 'wrong',
        [`${prefix}.score`]: 0,
        [`${prefix}.explanation`]: 'It rained.',
        [`${prefix}.metadata`]: '{"by":"ada"}',
      }),
    );
    expect(step.type).toBe('LLM');
    expect(human).toMatchObject({ kind: 'CORRECTION', reason: 'correctness: wrong. It rained.' });
    expect(parsed(human?.answer ?? null)).toEqual({
      name: 'correctness',
      label: 'wrong',
      score: 0,
      explanation: 'It rained.',
      metadata: { by: 'ada' },
    });
  });

  test('is not a model that judges', () => {
    expect(
      mapSpan(otlpSpan({ 'annotation.annotator_kind': 'LLM', 'annotation.name': 'x' })).human,
    ).toBeNull();
  });
});

describe('what is not known', () => {
  test('is kept, and what the span says besides', () => {
    const told: Told = {
      'my.own': 'x',
      list: [1, 'a', null, { deep: true }],
      bytes: Uint8Array.of(1, 2),
      large: 2n ** 60n,
    };
    expect(
      kept(told, {
        kind: 3,
        events: [event('note', { a: 1 })],
        links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: new Map() }],
      }),
    ).toEqual({
      'my.own': 'x',
      list: [1, 'a', null, { deep: true }],
      bytes: 'AQI=',
      large: '1152921504606846976',
      'otel.span.kind': 'CLIENT',
      'otel.scope': { name: 'tests', version: '1' },
      'otel.resource': { 'service.name': 'support' },
      'otel.events': [{ name: 'note', time: '2026-03-01T12:00:01.000Z', attributes: { a: 1 } }],
      'otel.links': [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: {} }],
    });
  });

  test('the resource stands with roots, and with what another process called', () => {
    const resourceOf = (more: Partial<OtlpSpan>) =>
      kept({}, { parentSpanId: 'ab'.repeat(8), ...more })['otel.resource'];
    expect(resourceOf({})).toBeUndefined();
    expect(resourceOf({ flags: 0x301 })).toBeDefined();
    expect(resourceOf({ kind: 2 })).toBeDefined();
  });
});

describe('hostile spans', () => {
  const badText = 'a\0b\ud800c';

  test.each([1, 2, 3])('1,000 random ones become rows that can be stored (seed %d)', (seed) => {
    const random = seeded(seed + 100);
    const { spans } = decodeTracesProtobuf(
      encoded(Array.from({ length: 1000 }, () => randomSpan(random))).protobuf,
    );
    for (const span of spans) expect(problemsOf(mapSpan(span))).toEqual([]);
  });

  test('whatever stands in an attribute that is known', () => {
    const names = [
      'gen_ai.operation.name',
      'openinference.span.kind',
      'traceloop.span.kind',
      'ai.operationId',
      'gen_ai.provider.name',
      'gen_ai.response.model',
      'gen_ai.request.model',
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.output_tokens',
      'llm.cost.total',
      'gen_ai.input.messages',
      'gen_ai.output.messages',
      'gen_ai.system_instructions',
      'gen_ai.tool.name',
      'gen_ai.tool.call.arguments',
      'gen_ai.tool.call.result',
      'gen_ai.agent.name',
      'gen_ai.workflow.name',
      'error.type',
      'session.id',
      'tag.tags',
      'ai.response.toolCalls',
      'ai.response.text',
      'ai.values',
      'ai.response.providerMetadata',
      'input.value',
      'input.mime_type',
      'binnacle.human.kind',
      'binnacle.human.answer',
      'annotation.annotator_kind',
      'annotation.label',
      'llm.input_messages.0',
      'llm.input_messages.0.message',
      'llm.input_messages.0.message.role',
      'llm.input_messages.x',
      'llm.input_messages.999999999.message.role',
      'gen_ai.prompt.0.tool_calls',
      'gen_ai.prompt.0.tool_calls.0.name',
      'gen_ai.prompt.0.tool_calls.0',
      'gen_ai.prompt',
      'retrieval.documents.0.document.metadata',
      `llm.input_messages.0.${'a.'.repeat(200)}z`,
      badText,
    ];
    const values: AttributeValue[] = [
      badText,
      '',
      ' ',
      'HUMAN',
      'chat',
      'LLM',
      'x'.repeat(1000),
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1e308,
      2n ** 63n,
      true,
      null,
      [],
      [badText, null, [[]]],
      Object.assign(Object.create(null) as Record<string, AttributeValue>, {
        ['__proto__']: 1,
        [badText]: badText,
      }),
      Uint8Array.of(0, 255),
      '[',
      '{"a":"\\u0000"}',
      '"\\ud800"',
      '[{"role":"\\ud800\\u0000"}]',
      '{"a":1,"a":"\\u0000"}',
      '[[]]',
      '{"__proto__":{"x":1}}',
      '['.repeat(100) + ']'.repeat(100),
      '['.repeat(5000) + ']'.repeat(5000),
      '1e999',
      '[1e999]',
      '"text"',
      '\ufeff[]',
      '[{"input":1},null,7]',
    ];
    const random = seeded(9);
    for (let round = 0; round < 2000; round++) {
      const attributes = new Map<string, AttributeValue>();
      for (const name of names) {
        if (random() < 0.4) attributes.set(name, values[Math.floor(random() * values.length)] ?? null);
      }
      const span = otlpSpan(
        {},
        {
          attributes,
          name: random() < 0.5 ? badText : '',
          statusCode: random() < 0.5 ? 2 : 0,
          statusMessage: badText,
          kind: random() < 0.5 ? 99 : 3,
          resource: attributes,
          scope: { name: badText, version: badText },
          events: [
            { name: random() < 0.5 ? 'exception' : badText, timeMs: 1e300, attributes },
            { name: 'gen_ai.choice', timeMs: null, attributes },
          ],
          links: [{ traceId: badText, spanId: '', attributes }],
        },
      );
      expect(problemsOf(mapSpan(span))).toEqual([]);
    }
  });

  test('long names are cut without halving a character', () => {
    const step = stepOf({}, { name: `${'x'.repeat(499)}🦊🦊` });
    expect(step.name).toBe('x'.repeat(499));
    expect(parsed(step.attributes)).toMatchObject({ 'otel.span.name': `${'x'.repeat(499)}🦊🦊` });
  });

  test('what is larger than JSON may be is cut with a note, and the rest is there', () => {
    setMaxJsonBytes(20_000);
    try {
      const told = {
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages': JSON.stringify([{ role: 'user', content: 'é'.repeat(20_000) }]),
        'gen_ai.output.messages': '[]',
        large: 'x'.repeat(30_000),
        ...Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`small.${at}`, at])),
      };
      const step = stepOf(told);
      expect(problemsOf(mapSpan(otlpSpan(told)))).toEqual([]);
      expect(parsed(step.input)).toMatchObject({
        cut: expect.stringMatching(/^This had \d+ bytes as JSON; 20000 are allowed/),
        beginning: expect.stringMatching(/^\[\{"role":"user","content":"éé/),
      });
      expect(step.output).toBe('[]');
      expect(parsed(step.attributes)).toMatchObject({
        'small.99': 99,
        'binnacle.left_out': expect.stringMatching(/^1 attributes? .*"large"/),
      });
      for (const json of [step.input, step.attributes])
        expect(Buffer.byteLength(json ?? '')).toBeLessThanOrEqual(20_000);
    } finally {
      setMaxJsonBytes(8_388_608);
    }
  });

  test('numbers of 64 bits and texts of JSON keep what they say', () => {
    expect(stepOf({ a: 2n ** 63n - 1n }).attributes).toContain('"a":"9223372036854775807"');
    expect(stepOf({ 'gen_ai.input.messages': '[ {"n": 1.50} ]' }).input).toBe('[ {"n": 1.50} ]');
  });
});
