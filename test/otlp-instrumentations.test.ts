import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeKey, register, type Person } from './support/client.js';
import {
  agentByHand,
  aiSdkEmbedding,
  aiSdkRefusal,
  aiSdkRun,
  openInferenceRun,
  startTelemetry,
  type Telemetry,
} from './support/instrumented-runs.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  key = (await makeKey(server.url, person, ['INGEST'])).secret;
});
afterAll(() => server.stop());

interface Step {
  key: string;
  parentKey: string | null;
  [field: string]: unknown;
}
interface Task {
  traceId: string;
  steps: { nodes: Step[] };
  [field: string]: unknown;
}

const query = `query ($projectId: ID!, $traceId: String!) {
  taskByTrace(projectId: $projectId, traceId: $traceId) {
    traceId name status agent { name } tags input output stepCount inputTokens outputTokens
    steps(first: 100) { nodes {
      key parentKey type name status latencyMs provider model inputTokens cachedInputTokens cacheWriteTokens outputTokens
      reasoningTokens costUsd costSource input output error { code message class } attributes
    } }
  } }`;

/** Runs, sends all that is left, and asks for what came of it. */
async function traced(
  encoding: Parameters<typeof startTelemetry>[2],
  run: (telemetry: Telemetry) => Promise<string>,
): Promise<Task> {
  const telemetry = startTelemetry(server.url, key, encoding, 'weather-service');
  const traceId = await run(telemetry);
  // An export that fails is thrown by neither; then the task is not there.
  await telemetry.provider.forceFlush();
  await telemetry.provider.shutdown();
  const { projectId, token } = person;
  const { taskByTrace } = await get<{ taskByTrace: Task | null }>(server.url, token, query, {
    projectId,
    traceId,
  });
  if (!taskByTrace) throw new Error(`There is no task of trace ${traceId}.`);
  return taskByTrace;
}

/** The steps from the outer to the inner ones, those of one parent by their place among what was stored. */
function byParent({ steps: { nodes } }: Task): Step[] {
  const below = (parent: string | null): Step[] =>
    nodes.filter((step) => step.parentKey === parent).flatMap((step) => [step, ...below(step.key)]);
  return below(null);
}

describe.each(['protobuf', 'protobuf, gzip', 'json'] as const)(
  'OpenTelemetry’s exporter of %s',
  (encoding) => {
    test('an agent by the conventions of GenAI', async () => {
      const task = await traced(encoding, agentByHand);
      expect(task).toMatchObject({
        name: 'invoke_agent Weather Agent',
        agent: { name: 'Weather Agent' },
        status: 'SUCCEEDED',
        stepCount: 4,
        inputTokens: 240,
        outputTokens: 40,
      });
      expect(task['tags']).toEqual(expect.arrayContaining(['user:ada', 'conversation:conv-7']));
      const [root, first, tool, second, ...more] = byParent(task);
      expect(more).toEqual([]);
      expect(root).toMatchObject({ type: 'AGENT', parentKey: null, inputTokens: null });
      expect(root?.['attributes']).toMatchObject({
        'otel.resource': { 'service.name': 'weather-service', 'service.version': '1.2.3' },
      });
      expect(first).toMatchObject({
        parentKey: root?.key,
        type: 'LLM',
        name: 'chat gpt-4o',
        status: 'SUCCEEDED',
        provider: 'openai',
        model: 'gpt-4o-2024-08-06',
        inputTokens: 100,
        cachedInputTokens: 40,
        cacheWriteTokens: null,
        outputTokens: 20,
        reasoningTokens: 5,
        input: [
          { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
          { role: 'user', parts: [{ type: 'text', content: 'Rain in Paris?' }] },
        ],
        output: [{ role: 'assistant', parts: [{ type: 'text', content: 'I look.' }], finish_reason: 'stop' }],
        attributes: {
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.response.finish_reasons': ['stop'],
          'otel.span.kind': 'CLIENT',
          'otel.scope': { name: 'a test', version: '1.0.0' },
        },
      });
      expect(tool).toMatchObject({
        parentKey: root?.key,
        type: 'TOOL',
        name: 'get_weather',
        status: 'FAILED',
        input: { city: 'Paris' },
        output: null,
        error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', class: 'NETWORK' },
      });
      expect(second).toMatchObject({ type: 'LLM', inputTokens: 140 });
    });
  },
);

describe('the AI SDK', () => {
  test('a call of a tool and an answer: every token counts once', async () => {
    const task = await traced('protobuf', aiSdkRun);
    expect(task).toMatchObject({
      name: 'weather-desk',
      agent: { name: 'weather-service' },
      status: 'SUCCEEDED',
      stepCount: 4,
      inputTokens: 200,
      outputTokens: 40,
      input: { system: 'Be brief.', prompt: 'Rain in Paris?' },
      output: 'It rains.',
    });
    expect(task['tags']).toEqual(expect.arrayContaining(['session:s1', 'user:ada']));
    const [root, ...steps] = byParent(task);
    expect(root).toMatchObject({ type: 'AGENT', name: 'ai.generateText', inputTokens: null, model: null });
    // The sums of the calls are kept where they were told.
    expect(root?.['attributes']).toMatchObject({ 'ai.usage.inputTokens': 200 });
    expect(steps.every(({ parentKey }) => parentKey === root?.key)).toBe(true);
    expect(steps).toMatchObject([
      {
        type: 'LLM',
        name: 'ai.generateText.doGenerate',
        provider: 'openai',
        model: 'gpt-4o-2024-08-06',
        inputTokens: 100,
        cachedInputTokens: 40,
        cacheWriteTokens: 0,
        outputTokens: 20,
        reasoningTokens: 5,
        input: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [{ type: 'text', text: 'Rain in Paris?' }] },
        ],
        output: [
          {
            role: 'assistant',
            content: [
              { type: 'reasoning', text: 'Look it up.' },
              { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: { city: 'Paris' } },
            ],
          },
        ],
        attributes: { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.response.finish_reasons': ['tool-calls'] },
      },
      {
        type: 'TOOL',
        name: 'weather',
        status: 'SUCCEEDED',
        input: { city: 'Paris' },
        output: { city: 'Paris', rain: true },
      },
      { type: 'LLM', output: [{ role: 'assistant', content: [{ type: 'text', text: 'It rains.' }] }] },
    ]);
  });

  test('a model that refuses', async () => {
    const task = await traced('json', aiSdkRefusal);
    const error = { message: 'Rate limit reached', class: 'RATE_LIMIT' };
    expect(task).toMatchObject({ name: 'ai.generateText', status: 'FAILED', stepCount: 2, inputTokens: 0 });
    expect(byParent(task)).toMatchObject([
      { type: 'AGENT', status: 'FAILED', error, input: { prompt: 'Again?' } },
      { type: 'LLM', status: 'FAILED', error, provider: 'mock-provider', model: 'mock-model-id' },
    ]);
  });

  test('an embedding', async () => {
    const task = await traced('json', aiSdkEmbedding);
    expect(task).toMatchObject({ name: 'ai.embed', stepCount: 2, inputTokens: 7 });
    expect(byParent(task)).toMatchObject([
      { type: 'SYSTEM', name: 'ai.embed', input: 'hello', output: [0.5, 0.25] },
      {
        type: 'EMBEDDING',
        provider: 'openai',
        model: 'text-embedding-3-small',
        inputTokens: 7,
        outputTokens: null,
        input: ['hello'],
        output: [[0.5, 0.25]],
      },
    ]);
  });
});

test('OpenInference’s instrumentation of OpenAI: an answer that calls a tool', async () => {
  const task = await traced('protobuf', openInferenceRun);
  expect(task).toMatchObject({
    name: 'weather desk',
    agent: { name: 'weather-service' },
    stepCount: 2,
    inputTokens: 50,
    outputTokens: 20,
    input: 'Sun in Rome?',
  });
  expect(task['tags']).toEqual(expect.arrayContaining(['session:s9']));
  const [root, answered] = byParent(task);
  expect(root).toMatchObject({ type: 'AGENT' });
  expect(answered).toMatchObject({
    parentKey: root?.key,
    type: 'LLM',
    status: 'SUCCEEDED',
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    inputTokens: 50,
    cachedInputTokens: 30,
    outputTokens: 20,
    reasoningTokens: 8,
    input: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Sun in Rome?' }] },
    ],
    output: [
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }],
      },
    ],
    attributes: { 'gen_ai.response.finish_reasons': ['tool_calls'] },
  });
});
