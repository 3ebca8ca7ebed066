import type { ScrapedItem, ScrapedValue } from './page-reading.js';

/** The columns of a table of items: those of the plan, or the standard ones, and the page that each is from. */
export function columnsOf(fieldNames: readonly string[], standardNames: readonly string[]): string[] {
  const names = fieldNames.length > 0 ? [...fieldNames] : [...standardNames];
  return names.includes('page') ? names : [...names, 'page'];
}

/** One line of JSON Lines; `page` stands beside the fields, unless one of them is named so. */
export function jsonLine(item: ScrapedItem, page: string): string {
  return `${JSON.stringify({ page, ...item })}\n`;
}

/** One line of CSV by RFC 4180. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvRow(item: ScrapedItem, page: string, columns: readonly string[]): string {
  const whole: ScrapedItem = { page, ...item };
  return csvLine(columns.map((name) => textOf(whole[name])));
}

/** A list is one cell, a line for each value. */
function textOf(value: ScrapedValue | undefined): string {
  return Array.isArray(value) ? value.join('\n') : (value ?? '');
}

const isNumber = /^[+-]?\d+([.,]\d+)*%?$/;

/** What a spreadsheet would take for a formula gets an apostrophe in front: sites must not be able to run something there. */
function csvCell(text: string): string {
  const safe =
    /^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) && !isNumber.test(text) ? `'${text}` : text;
  return /[",\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
