/** Where text goes: process.stdout, or a test's own. */
export interface TextOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const redrawMs = 500;
const plainLineMs = 10_000;

/** How things stand: one line that is rewritten on a terminal, elsewhere a line every ten seconds. */
export class StatusLine {
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly output: TextOutput,
    private readonly describe: () => string,
  ) {
    this.#timer = setInterval(() => this.#draw(), output.isTTY ? redrawMs : plainLineMs);
    this.#timer.unref();
  }

  /** Leaves the last word. */
  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    if (this.output.isTTY) this.output.write('\n');
  }

  #draw(): void {
    const time = new Date().toTimeString().slice(0, 8);
    const line = `${time}  ${this.describe()}`;
    if (!this.output.isTTY) this.output.write(`${line}\n`);
    else this.output.write(`\r\u001B[K${line.slice(0, (this.output.columns || 80) - 1)}`);
  }
}
