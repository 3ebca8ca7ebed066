import { isDatabaseUnavailable, sqlStateOf } from '../../platform/database.js';
import { EgressRefusedError, HostNotFoundError } from '../../platform/egress-guard.js';
import { FetchError } from '../../platform/guarded-fetch.js';
import type { ErrorInput } from '../tasks/index.js';
import { RobotsDisallowedError } from './manners.js';
import { PageReadingError } from './page-reader.js';
import { EngineUnavailableError } from './page-source.js';

/** A page that gave nothing, and why; the task may go on with others. */
export class PageFault extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly more: { httpStatus?: number; type?: string } = {},
  ) {
    super(message);
  }

  get input(): ErrorInput {
    return { code: this.code, message: this.message, ...this.more };
  }
}

/** The fault that an error is, where it is one of the page or of the way there; what is not, is thrown again. */
export function faultOf(error: unknown): PageFault {
  if (error instanceof PageFault) return error;
  if (error instanceof RobotsDisallowedError || error instanceof PageReadingError) {
    return new PageFault(error.code, error.message);
  }
  if (error instanceof EgressRefusedError) {
    return new PageFault(error.code, `Blocked by the egress guard: ${error.message}`);
  }
  if (error instanceof HostNotFoundError || error instanceof FetchError) {
    return new PageFault(error.code, error.message);
  }
  if (error instanceof EngineUnavailableError) {
    return new PageFault(error.code, error.message, { type: 'playwright' });
  }
  throw error;
}

/** As faultOf, of what an engine threw: whatever it is, it is of the page, but for the database and for being told to stop. */
export function engineFaultOf(error: unknown, signal: AbortSignal): PageFault {
  signal.throwIfAborted();
  if (isDatabaseUnavailable(error) && sqlStateOf(error) !== undefined) throw error;
  try {
    return faultOf(error);
  } catch {
    const message = error instanceof Error ? error.message : String(error);
    return new PageFault('ENGINE_ERROR', message.slice(0, 5_000) || 'The page could not be opened.');
  }
}
