import type { Answer } from './lane.js';
import { moment, text, time, writePayloads, type Fields } from './report.js';
import type { Reporter } from './reporter.js';

export interface QuestionOptions {
  /** APPROVAL is answered with APPROVED or REJECTED, all others with ANSWERED or REJECTED. */
  kind: 'APPROVAL' | 'QUESTION' | 'CORRECTION' | 'TAKEOVER';
  /** Why a human is needed: 1 to 5,000 characters. */
  reason: string;
  /** What the human needs to know: any value, written as JSON at once. */
  question?: unknown;
  /** When the question is EXPIRED; it waits for ever unless told. */
  expiresAt?: Date | undefined;
  /** Your own id of it: asked again by the same key, it is the same question. One is made unless told. */
  key?: string | undefined;
  /** Ends the waiting; the question stays open. */
  signal?: AbortSignal | undefined;
  /** How often the answer is looked for, milliseconds. 2,000 unless told. */
  pollMs?: number | undefined;
}

export interface HumanAnswer {
  status: Exclude<Answer['status'], 'OPEN'>;
  /** What the human said beside it; null where nothing was said. */
  answer: unknown;
}

/** A question that no human can answer, since the server does not have it. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** One question to a human. Asked again by the same key, the server answers how it stands. */
export class Question {
  readonly #fields: Fields;

  constructor(
    private readonly reporter: Reporter,
    private readonly options: QuestionOptions,
  ) {
    const { kind, reason, question } = options;
    this.#fields = {
      key: text(options.key ?? reporter.nextKey(), 190),
      kind: text(kind, 100),
      reason: text(reason, 5000),
    };
    const written: Fields = {};
    reporter.noteShortened(writePayloads({ input: question }, written, reporter.maxPayloadBytes));
    if (written.input !== undefined) this.#fields.question = written.input;
  }

  async answered(): Promise<HumanAnswer> {
    const { signal, pollMs = 2000 } = this.options;
    const expiresAt = moment(this.options.expiresAt);
    let answer = await this.#ask(expiresAt === undefined ? {} : { expiresAt: time(expiresAt) });
    while (answer.status === 'OPEN') {
      await pause(pollMs, signal);
      answer = await this.#ask({});
    }
    return { status: answer.status, answer: answer.answer ?? null };
  }

  #ask(more: Fields): Promise<Answer> {
    const { signal } = this.options;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal?.reason as Error);
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const settle = () => signal?.removeEventListener('abort', onAbort);
      this.reporter.ask(
        { ...this.#fields, ...more },
        {
          onAnswer: (answer) => {
            settle();
            resolve(answer);
          },
          onLost: (reason) => {
            settle();
            reject(new NoAnswerError(`Nobody can answer "${this.options.reason}": ${reason}`));
          },
        },
      );
    });
  }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
