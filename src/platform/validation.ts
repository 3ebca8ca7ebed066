import { registerDecorator, validate, type ValidationError, type ValidationOptions } from 'class-validator';
import { getNamedType } from 'graphql';
import type { ValidatorFn } from 'type-graphql';
import { BadUserInputError, type FieldProblem } from './errors.js';
import { textProblem, writeJson, type WrittenJson } from './scalars.js';

export interface TextRule {
  /** Shortest length after trimming, in UTF-16 units; 1 unless told. */
  min?: number;
  /** Longest length, in UTF-16 units. */
  max: number;
  pattern?: RegExp;
  /** What `pattern` asks for, as a sentence. */
  explain?: string;
}

/** What is wrong with a text, as a sentence; undefined where nothing is. */
export function textRuleProblem(value: unknown, rule: TextRule): string | undefined {
  if (typeof value !== 'string') return 'Text is needed here.';
  const min = rule.min ?? 1;
  if (value.length > rule.max) return `The text has ${value.length} characters; ${rule.max} are allowed.`;
  if (value.trim().length < min) {
    return min === 1 ? 'The text must not be empty.' : `The text needs ${min} characters or more.`;
  }
  if (rule.pattern && !rule.pattern.test(value))
    return rule.explain ?? 'The text does not have the form wanted here.';
  return textProblem(value);
}

const maxTextLength = 100_000;
let maxJsonBytes = 8_388_608;

/** The bound on each JSON value, from the settings: called once, before anything is served. */
export function setMaxJsonBytes(bytes: number): void {
  maxJsonBytes = bytes;
}

/** Bytes that a JSON value may have, for those who cut what is larger instead of refusing it. */
export function jsonBytesAllowed(): number {
  return maxJsonBytes;
}

/** A JSON value as text, or what is wrong with it: depth, size, text that cannot be stored. */
export function checkedJson(value: unknown): WrittenJson {
  const written = writeJson(value);
  // A character takes three bytes at most.
  if (written.text === undefined || written.text.length * 3 <= maxJsonBytes) return written;
  const bytes = Buffer.byteLength(written.text);
  return bytes > maxJsonBytes
    ? { problem: `The value has ${bytes} bytes as JSON; ${maxJsonBytes} are allowed.` }
    : written;
}

function rule(name: string, problemOf: (value: unknown) => string | undefined, options?: ValidationOptions) {
  return (target: object, propertyName: string) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName,
      options: options ?? {},
      validator: {
        validate: (value: unknown) => problemOf(value) === undefined,
        defaultMessage: (args) => problemOf(args?.value) ?? '',
      },
    });
}

/** A text field of an input: bounded, well-formed, without NUL. Every String of an input carries it. */
export const Text = (textRule: TextRule) => rule('text', (value) => textRuleProblem(value, textRule));

/** A list of texts: at most `most` of them, each by the rule. */
export const Texts = (textRule: TextRule & { most: number }) =>
  rule('texts', (value) => {
    if (!Array.isArray(value)) return 'A list of texts is needed here.';
    if (value.length > textRule.most)
      return `The list has ${value.length} entries; ${textRule.most} are allowed.`;
    for (const [index, item] of value.entries()) {
      const problem = textRuleProblem(item, textRule);
      if (problem) return `Entry ${index + 1}: ${problem}`;
    }
    return undefined;
  });

/** A list of whole numbers within bounds, both included: at most `most` of them. */
export const Wholes = ({ min, max, most }: { min: number; max: number; most: number }) =>
  rule('wholes', (value) => {
    if (!Array.isArray(value)) return 'A list of numbers is needed here.';
    if (value.length > most) return `The list has ${value.length} entries; ${most} are allowed.`;
    const isWithin = (item: unknown) => Number.isInteger(item) && Number(item) >= min && Number(item) <= max;
    const at = value.findIndex((item) => !isWithin(item));
    return at < 0 ? undefined : `Entry ${at + 1}: The number must be between ${min} and ${max}.`;
  });

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Ids are UUIDs; anything else cannot name a row, so it is looked for nowhere. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && uuidPattern.test(value);
}

/** A JSON field of an input: bounded in depth and size, storable. */
export const Json = () => rule('json', (value) => checkedJson(value).problem);

/** A number within bounds, both included; `whole` for integers. */
export const Range = (min: number, max: number) =>
  rule('range', (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? undefined
      : `The number must be between ${min} and ${max}.`,
  );

const flatten = (error: ValidationError, parent: string): FieldProblem[] => {
  // Within a list, as the caller would write it: input.fields[0].name.
  const isIndex = /^\d+$/.test(error.property);
  const path = isIndex
    ? `${parent}[${error.property}]`
    : parent
      ? `${parent}.${error.property}`
      : error.property;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))];
};

const problemsOf = (input: object) =>
  validate(input, { skipMissingProperties: true, forbidUnknownValues: false });

/**
 * An input that did not come over GraphQL, by the same rules on its class.
 * @throws BadUserInputError with the paths within it
 */
export async function requireValid<Input extends object>(input: Input): Promise<Input> {
  const errors = await problemsOf(input);
  if (errors.length > 0) throw new BadUserInputError(errors.flatMap((error) => flatten(error, '')));
  return input;
}

/**
 * Validates each input object by the rules on its class, and names the path of everything wrong as the caller wrote it:
 * `input.email`, `filter.search`.
 */
export const validateInput: ValidatorFn = async (value: unknown, type, { info, args }) => {
  if (typeof value === 'string') {
    const problem =
      value.length > maxTextLength
        ? `The text is longer than ${maxTextLength} characters.`
        : textProblem(value);
    if (!problem) return;
    // Which argument it is, is not told here: it is the one that holds this value.
    const name = Object.keys(args).find((key) => args[key] === value) ?? info.fieldName;
    throw new BadUserInputError([{ path: name, message: problem }]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return;
  const errors = await problemsOf(value);
  if (errors.length === 0) return;
  const typeName = typeof type === 'function' ? type.name : '';
  const argument = info.parentType
    .getFields()
    [info.fieldName]?.args.find((a) => getNamedType(a.type).name === typeName);
  throw new BadUserInputError(errors.flatMap((error) => flatten(error, argument?.name ?? '')));
};
