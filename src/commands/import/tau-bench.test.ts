import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { splitRecords } from './record-splitter.js';
import { formatPath } from './tau-bench-record.js';
import { describeSource, readRun } from './tau-bench.js';
import type { ImportedRun } from './tau-bench.js';

const source = describeSource('/data/gpt-4o-airline.json');

const call = (id: string, name: string, args: unknown) => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
});

const sample = {
  task_id: 12,
  trial: 3,
  reward: 0,
  info: { task: { instruction: 'Ask for a refund.', user_id: 'u' }, reward_info: { r_actions: 0 } },
  traj: [
    { role: 'system', content: 'You are an agent.' },
    { role: 'user', content: 'Refund, please.' },
    { role: 'assistant', content: null, tool_calls: [call('call_1', 'calculate', { expression: '1 + 2' })] },
    { role: 'tool', tool_call_id: 'call_1', name: 'calculate', content: '3.0' },
    { role: 'assistant', content: null, tool_calls: [call('call_1', 'get_user', { id: 'u' })] },
    { role: 'tool', tool_call_id: 'call_1', name: 'get_user', content: 'Error: user not found' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [call('call_2', 'transfer_to_human_agents', { summary: 'A refund.' })],
    },
    { role: 'tool', tool_call_id: 'call_2', name: 'transfer_to_human_agents', content: '{"ok": true}' },
    { role: 'user', content: 'Thanks.' },
  ],
};

function runOf(record: unknown): ImportedRun {
  const read = readRun(record, source);
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join());
  return read.run;
}

function problemsOf(record: unknown): string[] {
  const read = readRun(record, source);
  return 'problems' in read
    ? read.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

/** The actions in order, each by its key. */
const keysOf = (run: ImportedRun): string[] =>
  run.actions.map((action) => (action.kind === 'STEP' ? action.step.key : action.takeover.key));

const stepOf = (run: ImportedRun, key: string) =>
  run.actions
    .flatMap((action) => (action.kind === 'STEP' ? [action.step] : []))
    .find((step) => step.key === key);

test('a run is a task with the conversation’s starting point as its input', () => {
  const { actions, ...task } = runOf(sample);
  expect(actions).toHaveLength(9);
  expect(task).toEqual({
    taskId: 12,
    trial: 3,
    name: 'task 12, trial 3',
    type: 'airline',
    tags: ['trial-3', 'task-12'],
    input: { system: 'You are an agent.', instruction: 'Ask for a refund.' },
    status: 'FAILED',
    output: { reward: 0, rewardInfo: { r_actions: 0 } },
    error: { message: 'The reward of this run is 0, not 1: it did not reach its goal.', type: 'tau-bench' },
  });
  expect(runOf({ ...sample, reward: 1 })).toMatchObject({ status: 'SUCCEEDED', error: null });
  expect(runOf({ ...sample, reward: 0.5 }).status).toBe('FAILED');
});

test('each message but the first system message is a step, in order, and the takeover follows its tool step', () => {
  expect(keysOf(runOf(sample))).toEqual([
    'message-1',
    'message-2',
    'message-3',
    'message-4',
    'message-5',
    'message-6',
    'message-7',
    'takeover-6',
    'message-8',
  ]);
});

test('an assistant message is an LLM step whose input is what was new to the model', () => {
  const run = runOf(sample);
  expect(stepOf(run, 'message-2')).toEqual({
    key: 'message-2',
    type: 'LLM',
    name: 'chat gpt-4o',
    status: 'SUCCEEDED',
    provider: 'openai',
    model: 'gpt-4o',
    input: [sample.traj[1]],
    output: sample.traj[2],
  });
  expect(stepOf(run, 'message-4')?.input).toEqual([sample.traj[3]]);
});

test('a tool message is a TOOL step below the nearest assistant message that calls it, for ids repeat', () => {
  const run = runOf(sample);
  expect(stepOf(run, 'message-3')).toEqual({
    key: 'message-3',
    parentKey: 'message-2',
    type: 'TOOL',
    name: 'calculate',
    status: 'SUCCEEDED',
    input: { expression: '1 + 2' },
    output: '3.0',
    attributes: { 'gen_ai.tool.call.id': 'call_1' },
  });
  expect(stepOf(run, 'message-5')).toMatchObject({
    parentKey: 'message-4',
    name: 'get_user',
    status: 'FAILED',
    output: 'Error: user not found',
    error: { message: 'Error: user not found', type: 'tool' },
  });
  expect(stepOf(run, 'message-7')?.output).toEqual({ ok: true });
});

test('a user message is a MESSAGE step', () => {
  expect(stepOf(runOf(sample), 'message-8')).toEqual({
    key: 'message-8',
    type: 'MESSAGE',
    name: 'user',
    status: 'SUCCEEDED',
    input: { role: 'user', content: 'Thanks.' },
  });
});

test('a takeover says what the agent said; without a tool message it follows the assistant’s step', () => {
  const takeover = { key: 'takeover-6', reason: 'A refund.', question: { summary: 'A refund.' } };
  expect(runOf(sample).actions[7]).toEqual({ kind: 'TAKEOVER', message: 7, takeover });
  const cutOff = runOf({ ...sample, traj: sample.traj.slice(0, 7) });
  expect(keysOf(cutOff).slice(-2)).toEqual(['message-6', 'takeover-6']);
  const goesOn = runOf({ ...sample, traj: sample.traj.toSpliced(7, 1) });
  expect(keysOf(goesOn).slice(-3)).toEqual(['message-6', 'takeover-6', 'message-7']);
});

test('a long reason is cut between two characters', () => {
  const summary = `${'x'.repeat(998)}😀 and so on`;
  const traj = [{ role: 'assistant', tool_calls: [call('a', 'transfer_to_human_agents', { summary })] }];
  const takeover = runOf({ ...sample, traj }).actions[1];
  expect(takeover).toMatchObject({ takeover: { reason: `${'x'.repeat(998)}…`, question: { summary } } });
});

test('several calls of one message keep their tool steps and takeovers apart', () => {
  const traj = [
    {
      role: 'assistant',
      content: 'x',
      tool_calls: [call('a', 'think', {}), call('b', 'transfer_to_human_agents', {})],
    },
    { role: 'tool', tool_call_id: 'b', content: 'Transfer successful' },
    { role: 'tool', tool_call_id: 'a', content: '' },
  ];
  const run = runOf({ ...sample, traj });
  expect(keysOf(run)).toEqual(['message-0', 'message-1', 'takeover-0-1', 'message-2']);
  expect(stepOf(run, 'message-1')?.name).toBe('transfer_to_human_agents');
  expect(stepOf(run, 'message-2')).toMatchObject({ name: 'think', output: '' });
});

test('a run that broke off is a failed task that says why', () => {
  const run = runOf({
    task_id: 1,
    trial: 0,
    reward: 0,
    info: { error: 'rate limited', traceback: '…' },
    traj: [],
  });
  expect(run).toMatchObject({
    status: 'FAILED',
    error: { message: 'rate limited' },
    input: { system: null, instruction: null },
    actions: [],
  });
});

test.each<[string, unknown, string[]]>([
  ['no traj', { traj: undefined }, ['traj: expected a list of messages, got nothing']],
  ['traj an object', { traj: {} }, ['traj: expected a list of messages, got an object']],
  ['reward a string', { reward: '1.0' }, ['reward: expected a number, got "1.0"']],
  [
    'two at once',
    { task_id: -1, trial: 1.5 },
    ['task_id: expected a number of 0 or more, got -1', 'trial: expected a whole number, got 1.5'],
  ],
  [
    'an unknown role',
    { traj: [{ role: 'robot' }] },
    ['traj[0].role: expected one of system, user, assistant, tool, got "robot"'],
  ],
  [
    'no role',
    { traj: [{ content: 'x' }] },
    ['traj[0].role: expected one of system, user, assistant, tool, got nothing'],
  ],
  [
    'a message that is none',
    { traj: ['x'] },
    ['traj[0]: expected a message (an object with role and content), got "x"'],
  ],
  [
    'content a number',
    { traj: [{ role: 'user', content: 7 }] },
    ['traj[0].content: expected a string, a list of parts or null, got 7'],
  ],
  [
    'a call without function',
    { traj: [{ role: 'assistant', tool_calls: [{ id: 'x' }] }] },
    ['traj[0].tool_calls[0].function: expected an object with the name of the function, got nothing'],
  ],
  [
    'a function without name',
    { traj: [{ role: 'assistant', tool_calls: [{ function: { name: '' } }] }] },
    ['traj[0].tool_calls[0].function.name: expected a name, got ""'],
  ],
  [
    'a tool without a name',
    { traj: [{ role: 'tool', content: 'x' }] },
    ['traj[0].name: expected the name of the function that answers, got nothing'],
  ],
  ['no instruction', { info: { task: {} } }, ['info.task.instruction: expected a string, got nothing']],
  ['no task', { info: {} }, ['info.task.instruction: expected a string, got nothing']],
  ['no info', { info: null }, ['info: expected an object, got null']],
])('%s is named with its field', (_, change, expected) => {
  expect(problemsOf({ ...sample, ...(change as object) })).toEqual(expected);
});

test('a record that is no object is named', () => {
  const expected = 'expected a run (an object with task_id, trial, reward, info and traj)';
  expect(problemsOf(null)).toEqual([`the record: ${expected}, got null`]);
  expect(problemsOf([])).toEqual([`the record: ${expected}, got a list`]);
});

test.each([
  ['gpt-4o-airline.json', 'tau-bench gpt-4o airline', 'openai', 'gpt-4o', 'airline'],
  [
    '/a/gpt-4o-mini-2024-07-18-retail.jsonl',
    'tau-bench gpt-4o-mini-2024-07-18 retail',
    'openai',
    'gpt-4o-mini-2024-07-18',
    'retail',
  ],
  ['sonnet-35-new-retail.json', 'tau-bench sonnet-35-new retail', null, null, 'retail'],
  [
    'tool-calling-claude-3-0.0_range_0--1_user-gpt-4o-llm_0512.json',
    'tau-bench claude-3',
    null,
    'claude-3',
    'tau-bench',
  ],
  ['gpt-4o-copy.json', 'tau-bench gpt-4o-copy', null, null, 'tau-bench'],
  ['runs.json', 'tau-bench runs', null, null, 'tau-bench'],
])('the name %s tells what it tells, and no more', (path, agentName, provider, model, taskType) => {
  expect(describeSource(path)).toEqual({ agentName, provider, model, taskType });
});

const airlineFile = '../shared/data/tau-bench/gpt-4o-airline.json';
const describeWithData = existsSync(airlineFile) ? describe : describe.skip;

describeWithData(`the published airline runs (where ${airlineFile} is there)`, () => {
  function readAll(): ImportedRun[] {
    const bytes = readFileSync(airlineFile);
    return splitRecords(bytes).map((entry) => {
      if (entry.kind === 'BROKEN') throw new Error(entry.reason);
      return runOf(JSON.parse(bytes.subarray(entry.start, entry.end).toString()));
    });
  }

  test('are 200 tasks, of which 84 succeeded, with 5,108 steps and 48 takeovers', () => {
    const runs = readAll();
    const actions = runs.flatMap((run) => run.actions);
    const steps = actions.flatMap((action) => (action.kind === 'STEP' ? [action.step] : []));
    const ofType = (type: string) => steps.filter((step) => step.type === type);
    expect(runs).toHaveLength(200);
    expect(runs.filter((run) => run.status === 'SUCCEEDED')).toHaveLength(84);
    expect(steps).toHaveLength(5108);
    expect(ofType('LLM')).toHaveLength(2454);
    expect(ofType('MESSAGE')).toHaveLength(1490);
    expect(ofType('TOOL')).toHaveLength(1164);
    expect(ofType('TOOL').filter((step) => step.status === 'FAILED')).toHaveLength(73);
    expect(ofType('TOOL').filter((step) => step.parentKey === undefined)).toHaveLength(0);
    expect(actions.length - steps.length).toBe(48);
    expect(runs.filter((run) => run.actions.some((action) => action.kind === 'TAKEOVER'))).toHaveLength(48);
  });

  test('have a system message and an instruction each, and keys that are unique within the run', () => {
    for (const run of readAll()) {
      expect(run.input.system).toMatch(/^# Airline Agent Policy/);
      expect(run.input.instruction).not.toBeNull();
      expect(new Set(keysOf(run)).size).toBe(run.actions.length);
    }
  });
});
