/** Conversations as agents really send them, each with the words that must be seen and where. */
export interface ConversationCase {
  name: string;
  input?: unknown;
  output?: unknown;
  /** Who speaks, in order, over input and output. */
  roles: string[];
  texts: string[];
  /** What is called, with a value of its input. */
  calls: [name: string, value: string][];
  results: string[];
}

const question = 'My kettle arrived broken. I want my money back.';

export const conversations: ConversationCase[] = [
  {
    name: 'OpenAI chat with tool_calls',
    input: {
      model: 'gpt-4o',
      temperature: 0,
      messages: [
        { role: 'system', content: 'You are a refund desk.' },
        { role: 'user', content: [{ type: 'text', text: question }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_order', arguments: '{"order_id": "#W2611340"}' },
            },
          ],
        },
        {
          role: 'tool',
          tool_call_id: 'call_1',
          name: 'get_order',
          content: '{"status": "delivered", "paid": 142.17}',
        },
      ],
    },
    output: {
      id: 'chatcmpl-1',
      choices: [
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'I shall refund it.' } },
      ],
      usage: { prompt_tokens: 120, completion_tokens: 9 },
    },
    roles: ['system', 'user', 'assistant', 'tool', 'assistant'],
    texts: ['You are a refund desk.', question, 'I shall refund it.', 'prompt_tokens:'],
    calls: [['get_order', '"#W2611340"']],
    results: ['142.17'],
  },
  {
    name: 'OpenAI responses',
    input: { instructions: 'Be brief.', input: [{ role: 'user', content: question }] },
    output: [
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { type: 'function_call', call_id: 'c1', name: 'get_order', arguments: '{"order_id":"#W2611340"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'delivered' },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'It was delivered.', annotations: [] }],
      },
    ],
    roles: ['system', 'user', 'assistant', 'assistant', 'tool', 'assistant'],
    texts: ['Be brief.', question, 'It was delivered.'],
    calls: [['get_order', '"#W2611340"']],
    results: ['delivered'],
  },
  {
    name: 'Anthropic content blocks',
    input: {
      model: 'claude',
      system: 'You are a refund desk.',
      messages: [
        { role: 'user', content: question },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'The order comes first.', signature: 'c2ln' },
            { type: 'text', text: 'I look up the order.' },
            { type: 'tool_use', id: 'toolu_1', name: 'get_order', input: { order_id: '#W2611340' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              is_error: true,
              content: [{ type: 'text', text: 'No such order' }],
            },
          ],
        },
      ],
    },
    output: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Which number has the order?' }],
      stop_reason: 'end_turn',
    },
    roles: ['system', 'user', 'assistant', 'user', 'assistant'],
    texts: ['The order comes first.', 'I look up the order.', 'Which number has the order?', '"end_turn"'],
    calls: [['get_order', '"#W2611340"']],
    results: ['No such order'],
  },
  {
    name: 'AI SDK model messages',
    input: [
      { role: 'user', content: [{ type: 'text', text: question }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'The order comes first.' },
          {
            type: 'tool-call',
            toolCallId: 't1',
            toolName: 'get_order',
            input: { order_id: '#W2611340' },
          },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 't1',
            toolName: 'get_order',
            output: { type: 'json', value: { paid: 142.17 } },
          },
        ],
      },
    ],
    output: 'I shall refund **142.17**.',
    roles: ['user', 'assistant', 'tool'],
    texts: [question, 'The order comes first.', 'I shall refund **142.17**.'],
    calls: [['get_order', '"#W2611340"']],
    results: ['142.17'],
  },
  {
    name: 'AI SDK parts of a page',
    input: [
      { id: 'm1', role: 'user', parts: [{ type: 'text', text: question }] },
      {
        id: 'm2',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          {
            type: 'tool-get_order',
            toolCallId: 't1',
            state: 'output-available',
            input: { order_id: '#W2611340' },
            output: { paid: 142.17 },
          },
          { type: 'text', text: 'You paid 142.17.', state: 'done' },
        ],
      },
    ],
    roles: ['user', 'assistant'],
    texts: [question, 'You paid 142.17.', '"step-start"'],
    calls: [['get_order', '"#W2611340"']],
    results: ['142.17'],
  },
  {
    name: 'Gemini contents',
    input: {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: question }] },
        { role: 'model', parts: [{ functionCall: { name: 'get_order', args: { order_id: '#W2611340' } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'get_order', response: { paid: 142.17 } } }] },
      ],
    },
    roles: ['system', 'user', 'model', 'user'],
    texts: ['Be brief.', question],
    calls: [['get_order', '"#W2611340"']],
    results: ['142.17'],
  },
  {
    name: 'OpenTelemetry messages in a string',
    input: JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: question }] },
      {
        role: 'assistant',
        parts: [
          { type: 'tool_call', id: 'c1', name: 'get_order', arguments: { order_id: '#W2611340' } },
          { type: 'tool_call_response', id: 'c1', response: 'delivered' },
        ],
      },
    ]),
    roles: ['user', 'assistant'],
    texts: [question],
    calls: [['get_order', '"#W2611340"']],
    results: ['delivered'],
  },
];
