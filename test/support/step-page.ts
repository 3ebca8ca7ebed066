import type { Locator, Page } from 'playwright-core';
import { get, type Person } from './client.js';
import { eventually } from './follower.js';

/** The cells of a row, from its number to its cost, as they are read. */
export type StepCells = string[];

/** The steps of a task as they stand in a page. */
export class StepPage {
  readonly rows: Locator;
  readonly bar: Locator;
  readonly newSteps: Locator;

  constructor(readonly page: Page) {
    this.rows = page.locator('[role=listitem][data-seq]');
    this.bar = page.getByRole('search');
    this.newSteps = page.getByRole('button', { name: /new steps?$/ });
  }

  /** Opens a task and waits for its first rows. */
  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.rows.locator('[data-open]').first().waitFor();
  }

  row(seq: number): Locator {
    return this.page.locator(`[role=listitem][data-seq="${seq}"]`);
  }

  opener(seq: number): Locator {
    return this.row(seq).locator('[data-open]');
  }

  /** The numbers of the rows that are in the page, from the top; rows that are still being read count, too. */
  seqs(): Promise<number[]> {
    return this.#list<number>('Number(row.dataset.seq)');
  }

  /** How many rows there are in all, in the page or not. */
  async setSize(): Promise<number> {
    return Number(await this.rows.first().getAttribute('aria-setsize'));
  }

  /** The names of the rows in the page, each indented by its depth: what the tree looks like; '' where a row is still being read. */
  tree(): Promise<string[]> {
    return this.#list<string>(`(() => {
      const opener = row.querySelector('[data-open]');
      if (!opener) return '';
      const left = opener.getBoundingClientRect().left - opener.parentElement.getBoundingClientRect().left;
      return '·'.repeat(Math.round((left - 30) / 16)) + opener.innerText;
    })()`);
  }

  cells(seq: number): Promise<StepCells> {
    return this.#of(
      seq,
      '[...row.firstElementChild.children].map((cell) => cell.innerText.replace(/\\s+/g, " "))',
    );
  }

  /** Where a row's bar begins and how wide it is, as shares of its track. */
  barOf(seq: number): Promise<{ left: number; width: number }> {
    return this.#of(
      seq,
      `(() => {
        const bar = row.querySelector('[aria-hidden] > span').getBoundingClientRect();
        const track = row.querySelector('[aria-hidden]:has(> span)').getBoundingClientRect();
        return { left: (bar.left - track.left) / track.width, width: bar.width / track.width };
      })()`,
    );
  }

  /** The number of the step whose row has the focus; null = none has. */
  focused(): Promise<number | null> {
    return this.page.evaluate(`(() => {
      const row = document.activeElement.closest('[data-open]')?.closest('[data-seq]');
      return row ? Number(row.dataset.seq) : null;
    })()`);
  }

  async waitForFocus(seq: number): Promise<void> {
    await eventually(`the focus is at step ${seq}`, async () => (await this.focused()) === seq);
  }

  async waitForSight(seq: number): Promise<void> {
    await eventually(`step ${seq} is in sight`, () => this.isInSight(seq));
  }

  /** Whether a row is wholly within what is to be seen of the list. */
  isInSight(seq: number): Promise<boolean> {
    return this.page.evaluate(`(() => {
      const row = document.querySelector('[data-seq="${seq}"]');
      if (!row) return false;
      const list = row.parentElement.parentElement;
      const head = row.parentElement.previousElementSibling.getBoundingClientRect();
      const { top, bottom } = row.firstElementChild.getBoundingClientRect();
      return top >= list.getBoundingClientRect().top + head.height - 1
        && bottom <= list.getBoundingClientRect().bottom + 1;
    })()`);
  }

  /** Waits until no row lies over another: heights are known a frame after what is in the rows. */
  async waitForOrder(): Promise<void> {
    await eventually('no row lies over another', async () => (await this.#overlapPx()) < 1);
  }

  #overlapPx(): Promise<number> {
    return this.page.evaluate(`(() => {
      const boxes = [...document.querySelectorAll('[data-seq]')].map((row) => row.getBoundingClientRect());
      boxes.sort((a, b) => a.top - b.top);
      return Math.max(0, ...boxes.slice(1).map((box, index) => boxes[index].bottom - box.top));
    })()`);
  }

  /** Scrolls the list to a share of its height, 0 = the beginning. */
  async scrollTo(share: number): Promise<void> {
    await this.page.evaluate(`(() => {
      const list = document.querySelector('[aria-label="Steps"]').parentElement;
      list.scrollTop = (list.scrollHeight - list.clientHeight) * ${share};
    })()`);
  }

  /** Waits until rows that were read fill the list from top to bottom. */
  async waitForRows(): Promise<void> {
    await eventually('rows fill the list', () =>
      this.page.evaluate<boolean>(`(() => {
        const list = document.querySelector('[aria-label="Steps"]').parentElement.getBoundingClientRect();
        return [list.top + 30, list.bottom - 10].every((y) => {
          const row = document.elementFromPoint(list.left + 100, y)?.closest('[data-seq]');
          return row?.ariaBusy === 'false';
        });
      })()`),
    );
  }

  /** Scrolls through the whole list, a screen at a time. @returns the cells of every row, by number */
  async readThrough(): Promise<StepCells[]> {
    const rows = new Map<number, StepCells>();
    const count = await this.rows.first().getAttribute('aria-setsize');
    for (let top = 0, isEnd = false; !isEnd;) {
      top = await this.page.evaluate<number>(`(() => {
        const list = document.querySelector('[aria-label="Steps"]').parentElement;
        list.scrollTop = ${top};
        return ${top} + list.clientHeight - 40;
      })()`);
      await this.waitForRows();
      const cells = await this.#list<[number, StepCells]>(
        '[Number(row.dataset.seq), [...row.firstElementChild.children].map((cell) => cell.innerText.replace(/\\s+/g, " "))]',
      );
      for (const [seq, texts] of cells) rows.set(seq, texts);
      isEnd = rows.has(Number(count));
    }
    return [...rows].sort(([a], [b]) => a - b).map(([, cells]) => cells);
  }

  /** Opens one of the menus of the bar, ticks what is named, and closes it. */
  async tick(menu: string, ...labels: string[]): Promise<void> {
    await this.bar.getByRole('button', { name: new RegExp(`^${menu}`) }).click();
    for (const label of labels) {
      await this.page.getByRole('dialog').getByText(label, { exact: true }).click();
    }
    await this.page.keyboard.press('Escape');
  }

  #of<Value>(seq: number, expression: string): Promise<Value> {
    return this.page.evaluate(
      `(() => { const row = document.querySelector('[data-seq="${seq}"]'); return ${expression}; })()`,
    );
  }

  #list<Value>(expression: string): Promise<Value[]> {
    return this.page.evaluate(
      `[...document.querySelectorAll('[data-seq]')]
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => ${expression})`,
    );
  }
}

/** Tells a task of steps, at most 1,000. */
export async function recordSteps(
  url: string,
  person: Person,
  taskId: string,
  steps: readonly object[],
): Promise<void> {
  const { recordSteps } = await get<{ recordSteps: { rejected: object[] } }>(
    url,
    person.token,
    'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { rejected { key reason } } }',
    { input: { taskId, steps } },
  );
  if (recordSteps.rejected.length > 0) throw new Error(JSON.stringify(recordSteps.rejected));
}
