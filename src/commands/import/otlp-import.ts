import { setTimeout as sleep } from 'node:timers/promises';
import { graphqlEndpoint } from '../../platform/graphql-client.js';
import type { ProgressBar } from '../progress-bar.js';
import { pieces, readRequest, spansOf } from './otlp-request.js';
import { describeBroken, type FileEntry, type RecordSlice } from './record-splitter.js';

/** Below what a server takes of one body unless told otherwise (MAX_BODY_BYTES), with room for one that takes less. */
const mostBytes = 4_000_000;
const requestsAtOnce = 2;
const mostTries = 8;
const longestWaitMs = 30_000;

export interface OtlpImportOptions {
  bytes: Uint8Array;
  /** The server's address, with or without `/graphql`. */
  url: string;
  apiKey: string;
  bar: ProgressBar;
  signal?: AbortSignal | undefined;
}

/** The server takes no traces at all, or does not answer; the message says why. */
export class OtlpStoppedError extends Error {
  override readonly name = 'OtlpStoppedError';
}

/** Sends the requests of a file to /v1/traces, and names each problem with its place in the file. */
export class OtlpImport {
  readonly #traces = new Set<string>();
  readonly #endpoint: string;
  #requests = 0;
  #spans = 0;
  #rejected = 0;
  #problems = 0;

  constructor(private readonly options: OtlpImportOptions) {
    this.#endpoint = graphqlEndpoint(options.url).replace(/graphql$/, 'v1/traces');
  }

  get hasProblems(): boolean {
    return this.#problems > 0;
  }

  /** Ends when every request was taken or named as a problem. @throws OtlpStoppedError, or the signal's reason */
  async run(entries: readonly FileEntry[]): Promise<void> {
    const waiting = entries.values();
    const stopping = new AbortController();
    const signals = [stopping.signal, ...(this.options.signal ? [this.options.signal] : [])];
    const signal = AbortSignal.any(signals);
    await Promise.all(
      Array.from({ length: requestsAtOnce }, async () => {
        for (const entry of waiting) {
          try {
            if (entry.kind === 'BROKEN') this.#addProblem(describeBroken(entry));
            else await this.#send(entry, signal);
          } catch (error) {
            stopping.abort(error);
            throw error;
          }
          if (entry.kind === 'RECORD' || entry.isRecord) this.options.bar.advance();
        }
      }),
    );
  }

  /** @param requestCount how many requests the file holds, broken ones included */
  describe(title: string, requestCount: number): string {
    const count = (number: number) => number.toLocaleString('en-US');
    const rejected = this.#rejected > 0 ? `, ${count(this.#rejected)} more were rejected` : '';
    return [
      title,
      `  requests   ${count(this.#requests)} of ${count(requestCount)}`,
      `  spans      ${count(this.#spans)} of ${count(this.#traces.size)} traces${rejected}`,
      `  problems   ${this.#problems === 0 ? 'none' : `${count(this.#problems)}, named above`}`,
      '',
    ].join('\n');
  }

  #addProblem(text: string): void {
    this.#problems += 1;
    this.options.bar.writeLine(text);
  }

  async #send({ start, end, line, number }: RecordSlice, signal: AbortSignal): Promise<void> {
    const text = Buffer.from(this.options.bytes.subarray(start, end)).toString();
    const request = readRequest(text);
    // What was within bounds goes as it stands in the file.
    const isWhole = request === null || end - start <= mostBytes;
    const bodies = isWhole
      ? [{ text, spans: request ? spansOf(request).length : 0 }]
      : pieces(request, mostBytes);
    let isTaken = true;
    for (const { text: body, spans } of bodies) {
      const { rejected, problem } = await this.#post(body, signal);
      if (problem !== null) this.#addProblem(`line ${line}, request ${number}: ${problem}`);
      isTaken &&= rejected !== null;
      this.#rejected += rejected ?? 0;
      this.#spans += rejected === null ? 0 : spans - rejected;
    }
    if (!isTaken || !request) return;
    this.#requests += 1;
    for (const { traceId } of spansOf(request)) {
      if (typeof traceId === 'string') this.#traces.add(traceId.toLowerCase());
    }
  }

  /** @returns how many spans were rejected, null where all were; and what is wrong, null where nothing is */
  async #post(
    body: string,
    signal: AbortSignal,
  ): Promise<{ rejected: number | null; problem: string | null }> {
    for (let tries = 1; ; tries++) {
      const response = await this.#ask(body, signal);
      const answer = response && (await answerOf(response));
      if (response?.ok) {
        const { rejectedSpans = 0, errorMessage = null } = answer?.partialSuccess ?? {};
        return { rejected: Number(rejectedSpans), problem: errorMessage };
      }
      const problem = answer?.message ?? `The server at ${this.#endpoint} does not answer.`;
      const status = response?.status ?? 503;
      if (status === 400 || status === 413) return { rejected: null, problem };
      if ((status !== 429 && status !== 503) || tries === mostTries) throw new OtlpStoppedError(problem);
      const told = Number(response?.headers.get('retry-after')) * 1000;
      await sleep(Math.min(told || 500 * 2 ** tries, longestWaitMs), undefined, { signal });
    }
  }

  /** Null where the server cannot be reached. */
  async #ask(body: string, signal: AbortSignal): Promise<Response | null> {
    try {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.options.apiKey}` };
      return await fetch(this.#endpoint, { method: 'POST', headers, body, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      return null;
    }
  }
}

interface OtlpAnswer {
  partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string };
  message?: string;
}

async function answerOf(response: Response): Promise<OtlpAnswer> {
  const text = await response.text();
  try {
    return (JSON.parse(text) ?? {}) as OtlpAnswer;
  } catch {
    return { message: `The server answered ${response.status}, and nothing that is OTLP.` };
  }
}
