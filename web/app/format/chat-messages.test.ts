import { describe, expect, test } from '@jest/globals';
import { readMessage } from './chat-messages';

const text = (text: string) => ({ kind: 'text', text });
const call = (name: string, input: unknown) => ({ kind: 'call', name, input });
const result = (name: string, output: unknown, isError = false) => ({
  kind: 'result',
  name,
  isError,
  output,
});

describe('messages as agents send them', () => {
  test.each([
    ['a text', { role: 'user', content: 'Hello' }, { role: 'user', blocks: [text('Hello')] }],
    [
      'a call in the chat of OpenAI',
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"a":1}' } }],
      },
      { role: 'assistant', blocks: [call('find', '{"a":1}'), { kind: 'data', data: { id: 'c1' } }] },
    ],
    [
      'what a tool answered there',
      { role: 'tool', name: 'find', content: 'found' },
      { role: 'tool', blocks: [result('find', 'found')] },
    ],
    [
      'a choice around a message',
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes' } },
      {
        role: 'assistant',
        blocks: [text('Yes'), { kind: 'data', data: { index: 0, finish_reason: 'stop' } }],
      },
    ],
    [
      'an item of the responses of OpenAI',
      { type: 'function_call', name: 'find', arguments: '{}' },
      { role: 'assistant', blocks: [call('find', '{}')] },
    ],
    [
      'what Anthropic’s model thinks, says and calls',
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', name: 'find', input: { a: 1 } },
        ],
      },
      {
        role: 'assistant',
        blocks: [{ kind: 'thinking', text: 'Hm.' }, text('I look.'), call('find', { a: 1 })],
      },
    ],
    [
      'a fault of a tool there',
      {
        role: 'user',
        content: [{ type: 'tool_result', is_error: true, content: [{ type: 'text', text: 'no' }] }],
      },
      { role: 'user', blocks: [result('', 'no', true)] },
    ],
    [
      'parts of Gemini',
      { role: 'model', parts: [{ text: 'Yes' }, { functionCall: { name: 'find', args: { a: 1 } } }] },
      { role: 'model', blocks: [text('Yes'), call('find', { a: 1 })] },
    ],
    [
      'parts of the AI SDK',
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolName: 'find', output: { type: 'json', value: { b: 2 } } }],
      },
      { role: 'tool', blocks: [result('find', { b: 2 })] },
    ],
    [
      'parts of OpenTelemetry',
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'I look.' },
          { type: 'tool_call', name: 'find', arguments: { a: 1 } },
        ],
      },
      { role: 'assistant', blocks: [text('I look.'), call('find', { a: 1 })] },
    ],
    [
      'a message of LangChain',
      { type: 'ai', content: 'I look.', tool_calls: [{ type: 'tool_call', name: 'find', args: { a: 1 } }] },
      { role: 'ai', blocks: [text('I look.'), call('find', { a: 1 })] },
    ],
    [
      'one as LangChain writes it down',
      {
        lc: 1,
        type: 'constructor',
        id: ['langchain_core', 'messages', 'HumanMessage'],
        kwargs: { content: 'Hello' },
      },
      { role: 'human', blocks: [text('Hello')] },
    ],
  ])('%s', (_, message, read) => expect(readMessage(message)).toEqual(read));

  test('what is no message is none', () => {
    const others = [null, 'user', 7, [], {}, { role: 1 }, { role: 'user' }, { type: 'order', content: 'x' }];
    for (const other of [...others, { lc: 1, id: ['Prompt'], kwargs: {} }]) {
      expect(readMessage(other)).toBeNull();
    }
  });

  test('pieces of unknown kinds, and fields that nobody reads, are kept', () => {
    const image = { type: 'image', source: { data: 'AAAA' } };
    expect(readMessage({ role: 'user', content: [image], mood: 'good' })).toEqual({
      role: 'user',
      blocks: [
        { kind: 'data', data: image },
        { kind: 'data', data: { mood: 'good' } },
      ],
    });
  });
});
