/** Where text goes: process.stdout, process.stderr, or a test's own. */
export interface TextOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 10_000;
const PLAIN_LINE_SHARE = 0.1;
const WIDEST_BAR = 40;

/** How far a long piece of work is: a bar on a terminal, elsewhere a line for every tenth, or every 10 seconds. */
export class ProgressBar {
  private done = 0;
  private shown = 0;
  private shownAtMs: number;
  private readonly begunAtMs: number;

  constructor(
    private readonly output: TextOutput,
    private readonly total: number,
    /** What is counted, in the plural. */
    private readonly unit: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.begunAtMs = nowMs();
    this.shownAtMs = this.begunAtMs;
    if (output.isTTY) this.draw();
  }

  advance(): void {
    this.advanceTo(this.done + 1);
  }

  advanceTo(done: number): void {
    this.done = done;
    const sinceShownMs = this.nowMs() - this.shownAtMs;
    const isLast = this.done === this.total;
    if (this.output.isTTY) {
      if (isLast || sinceShownMs >= REDRAW_MS) this.draw();
    } else if (
      isLast ||
      this.done - this.shown >= this.total * PLAIN_LINE_SHARE ||
      sinceShownMs >= PLAIN_LINE_MS
    ) {
      this.output.write(`${this.done} of ${this.total} ${this.unit}\n`);
      this.markShown();
    }
  }

  /** Writes a line of its own; the bar stays below it. */
  writeLine(text: string): void {
    if (!this.output.isTTY) {
      this.output.write(`${text}\n`);
      return;
    }
    this.output.write(`\r\u001B[K${text}\n`);
    this.draw();
  }

  /** Leaves the bar as it stands and goes on below it. */
  finish(): void {
    if (!this.output.isTTY) return;
    this.draw();
    this.output.write('\n');
  }

  private draw(): void {
    const share = this.total === 0 ? 1 : this.done / this.total;
    const text = ` ${this.done}/${this.total} ${this.unit}, ${Math.floor(share * 100)} %${this.remaining(share)}`;
    const width = Math.max(0, Math.min(WIDEST_BAR, (this.output.columns || 80) - text.length - 3));
    const filled = Math.round(share * width);
    const bar = width === 0 ? '' : `[${'='.repeat(filled)}${' '.repeat(width - filled)}]`;
    this.output.write(`\r\u001B[K${bar}${text}`);
    this.markShown();
  }

  private markShown(): void {
    this.shown = this.done;
    this.shownAtMs = this.nowMs();
  }

  private remaining(share: number): string {
    if (share === 0 || share === 1) return '';
    const remainingMs = (this.nowMs() - this.begunAtMs) * (1 / share - 1);
    return `, ${Math.ceil(remainingMs / 1000)} s left`;
  }
}
