import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { chromiumPath, launchBrowser } from './support/browser.js';
import { conversations } from './support/conversations.js';
import { PayloadPage } from './support/payload-page.js';
import { overflowPx, seriousFindings } from './support/web.js';

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('What steps hold, in the Trace Explorer', () => {
  let browser: Browser;
  let steps: PayloadPage;
  const input = (step: Locator) => step.getByRole('region', { name: 'Input' });

  beforeAll(async () => {
    browser = await launchBrowser();
    steps = await PayloadPage.open(browser);
  });
  afterAll(async () => {
    await browser.close();
    await steps.close();
  });

  describe('conversations', () => {
    let taskId: string;
    beforeAll(async () => {
      taskId = await steps.makeSteps(
        conversations.map(({ name, input, output }) => ({
          name,
          input,
          ...(output !== undefined && { output }),
        })),
      );
    });

    test.each(conversations.map((each, index) => [each.name, each, index + 1] as const))(
      '%s',
      async (_name, { roles, texts, calls, results }, seq) => {
        await steps.goTo(taskId);
        const step = await steps.openStep(seq);
        expect(await step.locator('ol > li > header strong').allInnerTexts()).toEqual(roles);
        const all = await step.innerText();
        for (const text of texts) expect(all).toContain(text);
        const called = step.getByRole('group', { name: 'Call' });
        expect(await called.count()).toBe(calls.length);
        for (const [index, [name, value]] of calls.entries()) {
          expect(await called.nth(index).innerText()).toContain(name);
          expect(await called.nth(index).innerText()).toContain(value);
        }
        const returned = step.getByRole('group', { name: 'Result' });
        expect(await returned.count()).toBe(results.length);
        for (const [index, text] of results.entries()) {
          expect(await returned.nth(index).innerText()).toContain(text);
        }
      },
    );

    test('a long one comes in parts, and a message that is none is shown as data', async () => {
      const messages = Array.from({ length: 70 }, (_, index) => ({ role: 'user', content: `said ${index}` }));
      const step = await steps.show({ input: messages, output: [{ role: 'user' }, ...messages] });
      const said = input(step).locator('ol > li');
      expect(await said.count()).toBe(30);
      await input(step).getByRole('button', { name: 'Show more' }).click();
      await input(step).getByRole('button', { name: 'Show more' }).click();
      await input(step).getByText('said 69').waitFor();
      expect(await said.count()).toBe(70);
      const output = step.getByRole('region', { name: 'Output' });
      expect(await output.locator('ol').count()).toBe(0);
      await output.getByRole('button', { name: '[ 71 ]' }).waitFor();
    });
  });

  describe('JSON', () => {
    test('is folded and unfolded by keyboard, and Tab leads through it', async () => {
      const step = await steps.show({
        input: {
          order: { id: 17, lines: [{ name: 'kettle', price: 142.17 }, { name: 'cup' }] },
          urgent: true,
          note: null,
        },
      });
      const lines = input(step).getByRole('button', { name: 'lines: [ 2 ]' });
      await input(step).getByText('"kettle"').waitFor();
      await lines.focus();
      await steps.page.keyboard.press('ArrowLeft');
      await input(step).getByText('"kettle"').waitFor({ state: 'detached' });
      expect(await lines.getAttribute('aria-expanded')).toBe('false');
      await steps.page.keyboard.press('ArrowRight');
      await input(step).getByText('"kettle"').waitFor();
      await steps.page.keyboard.press('Enter');
      await input(step).getByText('"kettle"').waitFor({ state: 'detached' });
      await steps.page.keyboard.press('Space');
      await input(step).getByText('142.17').waitFor();
      await steps.page.keyboard.press('Tab');
      expect(await steps.page.evaluate('document.activeElement.textContent')).toContain('0:');
      for (const text of ['urgent:', 'true', 'note:', 'null']) {
        await input(step).getByText(text, { exact: true }).waitFor();
      }
    });

    test('long lists come in parts, of which a bounded number is in the page', async () => {
      const step = await steps.show({ input: Array.from({ length: 2_345 }, (_, index) => `entry ${index}`) });
      const entries = input(step).locator('[class*=leaf]');
      const more = input(step).getByRole('button', { name: 'Show more' });
      const counts: number[] = [await entries.count()];
      for (let presses = 0; presses < 7; presses++) {
        await more.click();
        const shown = ['100', '200', '300', '400', '500', '500 to 600', '500 to 700', '500 to 800'][
          presses + 1
        ];
        await input(step).getByText(`${shown} of 2,345 entries`).waitFor();
        counts.push(await entries.count());
      }
      expect(counts).toEqual([100, 200, 300, 400, 500, 100, 200, 300]);
      await input(step).getByText('500 to 800 of 2,345 entries').waitFor();
      await input(step).getByText('"entry 500"').waitFor();
      await input(step).getByRole('button', { name: 'Show what is before' }).click();
      await input(step).getByText('"entry 400"').waitFor();
      await input(step).getByRole('button', { name: 'Show the end' }).click();
      await input(step).getByText('"entry 2344"').waitFor();
      expect(await input(step).getByText('"entry 2244"').count()).toBe(0);
    });

    test('nested as deep as the server takes it, it can be unfolded to the ground', async () => {
      let value: unknown = 'the ground';
      for (let depth = 0; depth < 64; depth++) value = depth % 2 ? [value] : { deeper: value };
      await steps.page.setViewportSize({ width: 360, height: 740 });
      const step = await steps.show({ input: value });
      await input(step).getByText('"the ground"').waitFor();
      const box = await input(step).getByText('"the ground"').boundingBox();
      expect(box?.width).toBeGreaterThan(60);
      await steps.page.setViewportSize({ width: 1280, height: 800 });
    });
  });

  describe('text', () => {
    test('is code between fences, also where a fence stands in the middle of a line', async () => {
      const text = [
        'Run this: ```sh',
        'npm test',
        '``` and not ```rm -rf```',
        '```ts',
        'const fence = "``";',
        '```',
        'Then:',
        '````md',
        '```js',
        'inner()',
        '```',
        '````',
        'A last one has no end: ```',
        'tail()',
      ].join('\n');
      const step = await steps.show({ output: text });
      const code = step.locator('pre code');
      expect(await code.allInnerTexts()).toEqual([
        'npm test',
        'const fence = "``";',
        '```js\ninner()\n```',
        'tail()',
      ]);
      await step.getByText('Then:').waitFor();
      const copy = step.locator('pre').nth(2).getByRole('button');
      expect(await steps.copyBy(copy)).toBe('```js\ninner()\n```\n');
    });

    test('a long one comes in parts, from the beginning and from the end, and is copied whole', async () => {
      const text = Array.from({ length: 60_000 }, (_, index) => `line ${index} 😀`).join('\n');
      const step = await steps.show({
        output: text,
        error: { message: `${text.slice(0, 90_000)} and so on` },
      });
      const output = step.getByRole('region', { name: 'Output' });
      const shown = () => output.locator('[dir=auto]').innerText();
      const first = await shown();
      expect(first.length).toBeLessThan(5_000);
      expect(first).toContain('line 0 😀');
      await output.getByRole('button', { name: 'Show more' }).click();
      await output.getByText('36,864 of').waitFor();
      const more = (await shown()).replace(/Show more.*/s, '').trimEnd();
      expect(more).toBe(text.slice(0, more.length));
      expect(more.length).toBeGreaterThan(35_000);
      await output.getByRole('button', { name: 'Show the end' }).click();
      await output.getByText('line 59999 😀').waitFor();
      expect((await shown()).length).toBeLessThan(70_000);
      expect(await steps.copyBy(output.getByRole('button').first())).toBe(text);
      const error = step.getByRole('region', { name: 'Error' });
      expect(await steps.copyBy(error.getByRole('button').first())).toBe(
        `${text.slice(0, 90_000)} and so on`,
      );
    });
  });

  test('what is copied is what was sent', async () => {
    const messages = [
      { role: 'user', content: 'First\u001b[31m line\nSecond' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }],
      },
    ];
    const value = { b: [1, 2.5, -3e21], a: '\u202e"quoted" \\ 😀', ['__proto__']: { x: 1 } };
    const step = await steps.show({ input: messages, output: value, attributes: { k: 'v' } });
    const copyButton = (name: string) => step.getByRole('region', { name }).getByRole('button').first();
    expect(await steps.copyBy(copyButton('Input'))).toBe(JSON.stringify(messages, null, 2));
    expect(await steps.copyBy(copyButton('Output'))).toBe(JSON.stringify(value, null, 2));
    expect(await steps.copyBy(copyButton('Attributes'))).toBe('{\n  "k": "v"\n}');
    const firstMessage = input(step).locator('ol > li').first();
    expect(await steps.copyBy(firstMessage.getByRole('button').first())).toBe('First\u001b[31m line\nSecond');
  });

  describe('an opened step', () => {
    let taskId: string;
    beforeAll(async () => {
      const [{ name, input, output } = { name: '' }] = conversations;
      taskId = await steps.makeSteps([
        {
          ...{ name, input, output },
          model: 'gpt-4o',
          costUsd: 0.0031,
          attributes: {
            'a.rather.long.name.of.an.attribute': 'value'.repeat(60),
            nested: [{ deep: [1, null, true] }],
          },
          error: { message: 'Timed out\n```\nTraceback (most recent call last)\n```', code: 'E17' },
          status: 'FAILED',
        },
      ]);
    });

    test.each(['light', 'dark'] as const)('axe finds nothing serious (%s)', async (colorScheme) => {
      await steps.page.emulateMedia({ colorScheme });
      await steps.goTo(taskId);
      await steps.openStep(1);
      expect(await seriousFindings(steps.page)).toEqual([]);
      await steps.page.emulateMedia({ colorScheme: 'light' });
    });

    test('fits a window of 360 px', async () => {
      await steps.page.setViewportSize({ width: 360, height: 740 });
      await steps.goTo(taskId);
      const step = await steps.openStep(1);
      expect(await overflowPx(steps.page)).toBe(0);
      // The list hides what is wider than itself; so nothing within may be.
      const wider: string[] = await steps.page.evaluate(`
        [...document.querySelectorAll('[role=listitem] *')]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
          .map((each) => each.className)
      `);
      expect(await step.locator('*').count()).toBeGreaterThan(50);
      expect(wider).toEqual([]);
      await steps.page.setViewportSize({ width: 1280, height: 800 });
    });
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect(steps.watch.foreign).toEqual([]);
    expect(steps.watch.complaints).toEqual([]);
    expect(steps.dialogs).toEqual([]);
  });
});
