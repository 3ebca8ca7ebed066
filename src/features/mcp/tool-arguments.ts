import type { z } from 'zod';
import { BadUserInputError, type FieldProblem } from '../../platform/errors.js';

/** The arguments in the form that a tool wants. @throws BadUserInputError naming everything to change */
export function readArguments<In extends z.ZodObject>(form: In, args: unknown): z.output<In> {
  const parsed = form.safeParse(args ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new BadUserInputError(parsed.error.issues.map((issue) => problemOf(issue, Object.keys(form.shape))));
}

function problemOf(issue: z.core.$ZodIssue, names: readonly string[]): FieldProblem {
  const path = pathOf(issue.path) || 'arguments';
  switch (issue.code) {
    case 'unrecognized_keys': {
      const unknown = issue.keys.map((key) => `"${key.slice(0, 100)}"`).join(', ');
      const known = names.length > 0 ? `The arguments are: ${names.join(', ')}.` : 'It takes no arguments.';
      return {
        path,
        message: issue.path.length > 0 ? `Leave out ${unknown}.` : `Leave out ${unknown}. ${known}`,
      };
    }
    case 'invalid_type': {
      if (issue.input === undefined)
        return { path, message: `It is missing; give ${nameOf(issue.expected)}.` };
      return { path, message: `It must be ${nameOf(issue.expected)}.` };
    }
    case 'invalid_value':
      return { path, message: `It must be one of ${issue.values.map(String).join(', ')}.` };
    case 'too_small':
      return {
        path,
        message: `It must ${isLong(issue.origin) ? 'have at least' : 'be at least'} ${issue.minimum}${unitOf(issue.origin)}.`,
      };
    case 'too_big':
      return {
        path,
        message: `It must ${isLong(issue.origin) ? 'have at most' : 'be at most'} ${issue.maximum}${unitOf(issue.origin)}.`,
      };
    case 'invalid_format':
      return { path, message: `It must be ${formats[issue.format] ?? `in the form ${issue.format}`}.` };
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return { path, message: `${issue.message}.` };
  }
}

/** As the caller would write it: fields[0].name. */
const pathOf = (keys: readonly PropertyKey[]) =>
  keys
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('');

const formats: Partial<Record<string, string>> = {
  date: 'a day such as 2026-03-01',
  datetime: 'a moment in ISO 8601 with its offset, such as 2026-03-01T12:00:00Z',
};

const kinds: Partial<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const nameOf = (kind: string) => kinds[kind] ?? kind;
const isLong = (origin: string) => origin === 'string' || origin === 'array';
const unitOf = (origin: string) =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
