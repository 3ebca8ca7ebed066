import { describe, expect, test } from '@jest/globals';
import { readSeq, readStepView, writeStepView, type StepView } from './step-view';

const read = (address: string) => readStepView(new URLSearchParams(address));

describe('a view in an address', () => {
  test.each<[string, StepView]>([
    ['', { look: 'log', filter: {}, mark: '' }],
    ['view=tree', { look: 'tree', filter: {}, mark: '' }],
    ['view=tree&mark=a+b', { look: 'tree', filter: {}, mark: 'a b' }],
    [
      'view=timeline&type=LLM&type=TOOL&status=FAILED&model=gpt-4o&q=refund+order&min-ms=0.5&min-cost=0.01',
      {
        look: 'timeline',
        filter: {
          types: ['LLM', 'TOOL'],
          statuses: ['FAILED'],
          models: ['gpt-4o'],
          search: 'refund order',
          minLatencyMs: 0.5,
          minCostUsd: 0.01,
        },
        mark: '',
      },
    ],
  ])('"%s" is read, and written as it was', (address, view) => {
    expect(read(address)).toEqual(view);
    expect(writeStepView(view, null).toString()).toBe(address);
  });

  test('what makes no sense in it is left out', () => {
    expect(
      read('view=pie&type=llm&type=<b>&status=&model=+&q=+&min-ms=-1&min-cost=NaN&min-ms=2&other=1'),
    ).toEqual({ look: 'log', filter: {}, mark: '' });
    expect(read('min-ms=1e999').filter).toEqual({});
  });

  test('what is searched for is what is marked', () => {
    expect(read('q=x&mark=y')).toEqual({ look: 'log', filter: { search: 'x' }, mark: '' });
  });

  test('types and statuses come in one order, each once', () => {
    expect(read('type=TOOL&type=LLM&type=TOOL').filter.types).toEqual(['LLM', 'TOOL']);
  });

  test('the selected step stands in it', () => {
    const view: StepView = { look: 'log', filter: { search: 'a&b=c' }, mark: '' };
    const params = writeStepView(view, 42);
    expect(readSeq(params)).toBe(42);
    expect(readStepView(params)).toEqual(view);
  });
});

test.each(['', '0', '-1', '1.5', '1e3', '01', '9999999999', '7 ', 'x'])('"%s" is no step number', (text) => {
  expect(readSeq(new URLSearchParams({ step: text }))).toBeNull();
});
