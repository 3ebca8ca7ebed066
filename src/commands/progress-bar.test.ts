import { expect, test } from '@jest/globals';
import { ProgressBar } from './progress-bar.js';

/** An output which keeps what is written, and a clock that is set by hand. */
function setUp(total: number, isTTY: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const output = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  return { written, clock, bar: new ProgressBar(output, total, 'runs', () => clock.ms) };
}

const redraw = '\r\u001B[K';

test('on a terminal it is one line, drawn anew at most ten times a second, with the time that is left', () => {
  const { written, clock, bar } = setUp(4, true);
  bar.advance();
  clock.ms = 1000;
  bar.advance();
  expect(written).toEqual([
    `${redraw}[${' '.repeat(40)}] 0/4 runs, 0 %`,
    `${redraw}[${'='.repeat(16)}${' '.repeat(16)}] 2/4 runs, 50 %, 1 s left`,
  ]);
});

test('a line on a terminal stands above the bar', () => {
  const { written, bar } = setUp(1, true);
  bar.writeLine('a problem');
  bar.advance();
  bar.finish();
  expect(written.slice(1).join('')).toBe(
    `${redraw}a problem\n${redraw}[${' '.repeat(40)}] 0/1 runs, 0 %` +
      `${redraw}[${'='.repeat(40)}] 1/1 runs, 100 %`.repeat(2) +
      '\n',
  );
});

test('elsewhere it is a line for each tenth, for the last, and after ten seconds without one', () => {
  const { written, clock, bar } = setUp(25, false);
  for (let done = 0; done < 6; done += 1) bar.advance();
  clock.ms = 10_000;
  bar.advance();
  bar.writeLine('a problem');
  for (let done = 7; done < 25; done += 1) bar.advance();
  bar.finish();
  const counts = [3, 6, 7, 10, 13, 16, 19, 22, 25].map((count) => `${count} of 25 runs\n`);
  expect(written).toEqual([...counts.slice(0, 3), 'a problem\n', ...counts.slice(3)]);
});
