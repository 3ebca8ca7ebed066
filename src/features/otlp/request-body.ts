import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { UnavailableError } from '../../platform/errors.js';
import { TooLateError, within } from '../../platform/time-limit.js';
import { OtlpFormatError } from './otlp-span.js';

/** A request that is refused before it is read as OTLP, with its HTTP status. */
export class RefusedBody extends Error {
  constructor(
    readonly status: 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

export interface BodyLimits {
  /** Neither what comes nor what it unpacks to may be larger. */
  mostBytes: number;
  /** Others wait while a body comes. */
  mostMs: number;
}

/**
 * Reads a body whole, unpacked.
 * @throws RefusedBody, OtlpFormatError, UnavailableError
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const { mostBytes, mostMs } = limits;
  try {
    return await within(mostMs, readWhole(request, mostBytes));
  } catch (error) {
    if (!(error instanceof TooLateError)) throw error;
    throw new UnavailableError(`The body did not come within ${mostMs / 1000} seconds; send it again.`);
  }
}

async function readWhole(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const tooLarge = new RefusedBody(
    413,
    `The body is larger than ${mostBytes} bytes, the most allowed (MAX_BODY_BYTES). Send smaller batches.`,
  );
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacked(request) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error === tooLarge || error instanceof RefusedBody) throw error;
    throw new OtlpFormatError('The body broke off, or is not packed as its Content-Encoding says.');
  }
  return Buffer.concat(chunks, size);
}

function unpacked(request: IncomingMessage): Readable {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  // What goes wrong on the way is thrown where the last stream is read.
  switch (encoding) {
    case 'identity':
      return request;
    case 'gzip':
      return pipeline(request, createGunzip(), () => undefined);
    case 'deflate':
      return pipeline(request, createInflate(), () => undefined);
    default:
      throw new RefusedBody(
        415,
        `The Content-Encoding "${encoding.slice(0, 100)}" is not understood; send gzip, or none.`,
      );
  }
}
