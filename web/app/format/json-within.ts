import { JsonText } from './json-text';

/** Up to so many values, JSON is read as a whole in a few milliseconds. */
export const MOST_PARSED = 5_000;
const MOST_LENGTH = 1_000_000;

/** The object or array that a text is: arguments and results of tools are often written so. Null where it is none. */
export function jsonWithin(text: string): JsonText | null {
  if (text.length > MOST_LENGTH || !/^\s*[[{]/.test(text) || !/[\]}]\s*$/.test(text.slice(-100))) return null;
  const json = JsonText.of(text);
  if (json.size > MOST_PARSED) return null;
  try {
    json.parse();
    return json;
  } catch {
    return null;
  }
}
