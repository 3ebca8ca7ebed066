import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { embed, generateText, stepCountIs, tool } from 'ai';
import { MockEmbeddingModelV3, MockLanguageModelV3 } from 'ai/test';
import OpenAI from 'openai';
import { z } from 'zod';

/** Where a process sends its spans, and as what. */
export interface Telemetry {
  provider: BasicTracerProvider;
  tracer: Tracer;
}

type Options = Required<NonNullable<ConstructorParameters<typeof ProtobufExporter>[0]>>;

/** OpenTelemetry as a process sets it up: a batch processor, one of its exporters, a service's name. */
export function startTelemetry(
  url: string,
  key: string,
  encoding: 'protobuf' | 'protobuf, gzip' | 'json',
  service: string,
): Telemetry {
  const options = {
    url: `${url}/v1/traces`,
    headers: (encoding === 'json' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }) as Record<
      string,
      string
    >,
    ...(encoding === 'protobuf, gzip' ? { compression: 'gzip' as Options['compression'] } : {}),
  };
  const exporter = encoding === 'json' ? new JsonExporter(options) : new ProtobufExporter(options);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': '1.2.3' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return { provider, tracer: provider.getTracer('a test', '1.0.0') };
}

/** Runs within a root span. @returns its trace id */
export async function inRoot(
  { tracer }: Telemetry,
  name: string,
  attributes: Record<string, string>,
  run: () => Promise<unknown>,
): Promise<string> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    await run();
    span.end();
    return span.spanContext().traceId;
  });
}

/** An agent instrumented by hand, by OpenTelemetry's conventions: it asks a model, calls a tool that fails, asks again. */
export function agentByHand(telemetry: Telemetry): Promise<string> {
  const { tracer } = telemetry;
  const chat = (question: string, answer: string, inputTokens: number) =>
    tracer
      .startSpan('chat gpt-4o', {
        kind: SpanKind.CLIENT,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.response.model': 'gpt-4o-2024-08-06',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.usage.input_tokens': inputTokens,
          'gen_ai.usage.cache_read.input_tokens': 40,
          'gen_ai.usage.output_tokens': 20,
          'gen_ai.usage.reasoning.output_tokens': 5,
          'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
          'gen_ai.input.messages': JSON.stringify([
            { role: 'user', parts: [{ type: 'text', content: question }] },
          ]),
          'gen_ai.output.messages': JSON.stringify([
            { role: 'assistant', parts: [{ type: 'text', content: answer }], finish_reason: 'stop' },
          ]),
        },
      })
      .end();
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'Weather Agent',
    'gen_ai.conversation.id': 'conv-7',
    'user.id': 'ada',
  };
  return inRoot(telemetry, 'invoke_agent Weather Agent', attributes, async () => {
    chat('Rain in Paris?', 'I look.', 100);
    const toolAttributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"city":"Paris"}',
      'error.type': 'ECONNREFUSED',
    };
    const failed = tracer.startSpan('execute_tool get_weather', { attributes: toolAttributes });
    failed.recordException(Object.assign(new Error('connect ECONNREFUSED'), { name: 'FetchError' }));
    failed.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' }).end();
    chat('Rain in Paris?', 'I could not find out.', 140);
  });
}

const usage = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: 0 },
  outputTokens: { total: 20, text: 15, reasoning: 5 },
};

/** The AI SDK with its telemetry on: a call of a tool and an answer, by its own mock model. @returns the trace id */
export async function aiSdkRun(telemetry: Telemetry): Promise<string> {
  let traceId = '';
  let calls = 0;
  const model = new MockLanguageModelV3({
    provider: 'openai.responses',
    modelId: 'gpt-4o',
    doGenerate: () => {
      traceId = trace.getActiveSpan()?.spanContext().traceId ?? '';
      return Promise.resolve(
        calls++ === 0
          ? {
              content: [
                { type: 'reasoning', text: 'Look it up.' },
                { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{"city":"Paris"}' },
              ],
              finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
              usage,
              warnings: [],
              response: { id: 'r1', modelId: 'gpt-4o-2024-08-06', timestamp: new Date(0) },
            }
          : {
              content: [{ type: 'text', text: 'It rains.' }],
              finishReason: { unified: 'stop', raw: 'stop' },
              usage,
              warnings: [],
            },
      );
    },
  });
  await generateText({
    model,
    system: 'Be brief.',
    prompt: 'Rain in Paris?',
    stopWhen: stepCountIs(3),
    tools: {
      weather: tool({
        inputSchema: z.object({ city: z.string() }),
        execute: ({ city }) => Promise.resolve({ city, rain: true }),
      }),
    },
    experimental_telemetry: {
      isEnabled: true,
      tracer: telemetry.tracer,
      functionId: 'weather-desk',
      metadata: { userId: 'ada', sessionId: 's1' },
    },
  });
  return traceId;
}

/** A model that refuses. @returns the trace id */
export async function aiSdkRefusal(telemetry: Telemetry): Promise<string> {
  let traceId = '';
  const model = new MockLanguageModelV3({
    doGenerate: () => {
      traceId = trace.getActiveSpan()?.spanContext().traceId ?? '';
      return Promise.reject(new Error('Rate limit reached'));
    },
  });
  const settings = { isEnabled: true, tracer: telemetry.tracer };
  const call = generateText({ model, maxRetries: 0, prompt: 'Again?', experimental_telemetry: settings });
  await call.catch(() => undefined);
  return traceId;
}

/** @returns the trace id */
export async function aiSdkEmbedding(telemetry: Telemetry): Promise<string> {
  let traceId = '';
  const model = new MockEmbeddingModelV3({
    provider: 'openai.embedding',
    modelId: 'text-embedding-3-small',
    doEmbed: () => {
      traceId = trace.getActiveSpan()?.spanContext().traceId ?? '';
      return Promise.resolve({ embeddings: [[0.5, 0.25]], usage: { tokens: 7 }, warnings: [] });
    },
  });
  await embed({
    model,
    value: 'hello',
    experimental_telemetry: { isEnabled: true, tracer: telemetry.tracer },
  });
  return traceId;
}

/** OpenAI's client with OpenInference's instrumentation, its provider a stub on loopback. @returns the trace id */
export async function openInferenceRun(telemetry: Telemetry): Promise<string> {
  const stub = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(stubAnswer));
    });
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  const instrumentation = new OpenAIInstrumentation({ tracerProvider: telemetry.provider });
  instrumentation.manuallyInstrument(OpenAI);
  const { port } = stub.address() as AddressInfo;
  const client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  try {
    const kind = { 'openinference.span.kind': 'AGENT', 'session.id': 's9', 'input.value': 'Sun in Rome?' };
    return await inRoot(telemetry, 'weather desk', kind, async () => {
      await client.chat.completions.create({
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [{ type: 'text', text: 'Sun in Rome?' }] },
        ],
        tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }],
      });
    });
  } finally {
    instrumentation.disable();
    stub.closeAllConnections();
    await new Promise((resolve) => stub.close(resolve));
  }
}

const stubAnswer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
        ],
      },
    },
  ],
  usage: {
    prompt_tokens: 50,
    completion_tokens: 20,
    total_tokens: 70,
    prompt_tokens_details: { cached_tokens: 30 },
    completion_tokens_details: { reasoning_tokens: 8 },
  },
};
