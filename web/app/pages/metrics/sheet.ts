/** What a chart or a table shows, as rows: unknown is null. */
export interface Sheet {
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** What spreadsheets take for the beginning of a formula, also after blanks. */
const FORMULA = /^\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

/**
 * As CSV (RFC 4180, with the mark by which spreadsheets know UTF-8). Unknown is an empty cell, a number stands bare; a text
 * that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function toCsv({ columns, rows }: Sheet): string {
  const lines = [columns, ...rows].map((cells) => cells.map(toCell).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function toCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n;]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
