import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Explanation } from '../../platform/error-format.js';

/** What a model reads of a fault: its code, what was wrong and what to do, by the names of the tool's arguments. */
export function toolError(
  { code, message, fields, retryAfterMs }: Explanation,
  argumentNames: Readonly<Record<string, string>> = {},
): CallToolResult {
  const said =
    fields?.map(({ path, message: problem }) => `${argumentOf(path, argumentNames)}: ${problem}`).join(' ') ??
    message;
  const later = retryAfterMs === undefined ? '' : ` Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return { content: [{ type: 'text', text: `${code}: ${said}${later}` }], isError: true };
}

/** `filter.minCostUsd` of a service is the argument min_cost_usd. */
function argumentOf(path: string, names: Readonly<Record<string, string>>): string {
  const own = path.replace(/^(?:input|filter)\./, '');
  return names[own] ?? own.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
