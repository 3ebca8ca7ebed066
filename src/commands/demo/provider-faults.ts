import type { Fault } from './plan.js';
import type { Random } from './random.js';

/** What goes wrong at providers of models, in their codes. */
export function providerFault(
  random: Random,
  provider: string,
  model: string,
): { fault: Fault; afterMs: number } {
  const isAnthropic = provider === 'anthropic';
  switch (random.weighted({ rate: 4, overloaded: 3, network: 2, timeout: 1, outage: 1 })) {
    case 'rate': {
      const seconds = random.whole(1, 4);
      return {
        afterMs: 180,
        fault: {
          httpStatus: 429,
          ...(isAnthropic ? { type: 'rate_limit_error' } : { code: 'rate_limit_exceeded' }),
          message: `${model} has taken its tokens for this minute; the next are free in ${seconds} s.`,
        },
      };
    }
    case 'overloaded':
      return {
        afterMs: 900,
        fault: isAnthropic
          ? { httpStatus: 529, type: 'overloaded_error', message: 'Overloaded' }
          : { httpStatus: 503, code: 'server_overloaded', message: `${model} is at capacity just now.` },
      };
    case 'network':
      return {
        afterMs: 2400,
        fault: { code: 'ECONNRESET', type: 'FetchError', message: 'The connection was reset by the peer.' },
      };
    case 'timeout':
      return {
        afterMs: 30_000,
        fault: { code: 'ETIMEDOUT', type: 'APITimeoutError', message: 'No answer within 30 seconds.' },
      };
    case 'outage':
      return {
        afterMs: 1300,
        fault: { httpStatus: 500, type: 'api_error', message: 'The provider had an internal error.' },
      };
  }
}
