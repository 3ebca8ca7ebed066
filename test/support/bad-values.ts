import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';

/** A place within the arguments of a field, and the arguments with another value at it. */
export interface Spot {
  path: string;
  type: GraphQLInputType;
  /** What stands there in the good arguments. */
  good: unknown;
  put(value: unknown): Record<string, unknown>;
}

export interface BadValue {
  name: string;
  value: unknown;
}

const rawJson: string[] = [];
/** A value that stands for JSON which JSON.stringify cannot write. */
function raw(json: string): string {
  return `<<${rawJson.push(json) - 1}>>`;
}
/** The body of a request, with the JSON that its raw values stand for. */
export function writeBody(body: unknown): string {
  return JSON.stringify(body).replaceAll(/"<<(\d+)>>"/g, (_, index: string) => rawJson[Number(index)] ?? '');
}

/** A value as it is written in a document, enum values bare. */
export function writeLiteral(value: unknown, type: GraphQLInputType): string {
  const bare = getNullableType(type) as GraphQLInputType;
  if (Array.isArray(value)) {
    const item = isListType(bare) ? (bare.ofType as GraphQLInputType) : bare;
    return `[${value.map((one) => writeLiteral(one, item)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = isInputObjectType(bare) ? bare.getFields() : {};
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return `{${entries.map(([name, one]) => `${name}: ${writeLiteral(one, fields[name]?.type ?? bare)}`).join(', ')}}`;
  }
  const item = isListType(bare) ? getNullableType(bare.ofType as GraphQLInputType) : bare;
  if (typeof value === 'string' && isEnumType(item) && /^[_A-Za-z]\w*$/.test(value)) return value;
  return writeBody(value);
}

/** Every place of a field's arguments at which a value may stand, input objects and lists opened. */
export function spotsOf(args: readonly GraphQLArgument[], good: Record<string, unknown>): Spot[] {
  const spots: Spot[] = [];
  const walk = (spot: Spot) => {
    spots.push(spot);
    const type = getNullableType(spot.type) as GraphQLInputType;
    if (isListType(type)) {
      const [first] = (spot.good as unknown[] | undefined) ?? [];
      walk({
        path: `${spot.path}[0]`,
        type: type.ofType as GraphQLInputType,
        good: first,
        put: (value) => spot.put([value]),
      });
    } else if (isInputObjectType(type)) {
      const object = (spot.good ?? {}) as Record<string, unknown>;
      for (const field of Object.values(type.getFields())) {
        walk({
          path: `${spot.path}.${field.name}`,
          type: field.type,
          good: object[field.name],
          put: (value) => spot.put({ ...object, [field.name]: value }),
        });
      }
    }
  };
  for (const { name, type } of args) {
    walk({ path: name, type, good: good[name], put: (value) => ({ ...good, [name]: value }) });
  }
  return spots;
}

const infinite = raw('1e999');
const nested = (levels: number, open: string, close: string) =>
  raw(open.repeat(levels) + '0' + close.repeat(levels));
const megabyte = 'x'.repeat(1_000_000);
const nul: BadValue = { name: 'NUL', value: 'a\u0000b' };
const surrogate: BadValue = { name: 'half of a surrogate pair', value: 'a\ud800b' };
const number: BadValue = { name: 'a number', value: 42 };
const boolean: BadValue = { name: 'a boolean', value: true };
const object: BadValue = { name: 'an object', value: { a: 1 } };
const list: BadValue = { name: 'a list', value: [['x'], 1] };
const long: BadValue = { name: 'a megabyte of text', value: megabyte };
const endless: BadValue = { name: '1e999', value: infinite };
const word: BadValue = { name: 'a word', value: 'lots' };

const byScalar: Record<string, readonly BadValue[]> = {
  String: [number, boolean, object, list, nul, surrogate, long, { name: 'nothing', value: '' }],
  ID: [
    { ...number, value: 1.5 },
    boolean,
    object,
    list,
    nul,
    surrogate,
    long,
    { name: 'nothing', value: '' },
    { name: 'no id', value: 'x' },
    { name: "an id with an SQL text's end", value: "' OR 1=1 --" },
    { name: 'the id of nothing', value: '00000000-0000-4000-8000-000000000000' },
  ],
  Int: [
    word,
    boolean,
    object,
    list,
    endless,
    { name: 'a fraction', value: 1.5 },
    { name: 'too large', value: 2_147_483_648 },
    { name: 'far too large', value: 1e300 },
    { name: 'the least', value: -2_147_483_648 },
    { name: 'below the least', value: -2_147_483_649 },
  ],
  Float: [
    word,
    boolean,
    object,
    list,
    endless,
    { name: 'absurd', value: 1e308 },
    { name: 'negative', value: -1 },
    { name: 'absurdly negative', value: -1e308 },
  ],
  Boolean: [word, number, object, list],
  DateTime: [
    word,
    number,
    boolean,
    object,
    list,
    nul,
    long,
    { name: 'a word for a day', value: 'yesterday' },
    { name: 'the year 0', value: '0000-01-01T00:00:00.000Z' },
    { name: 'the year 10000', value: '10000-01-01T00:00:00.000Z' },
    { name: 'the year +010000', value: '+010000-01-01T00:00:00.000Z' },
    { name: 'February 30', value: '2026-02-30T00:00:00.000Z' },
    { name: 'hour 25', value: '2026-02-03T25:00:00.000Z' },
    { name: 'a day without a time', value: '2026-02-03' },
    { name: 'a time without a zone', value: '2026-02-03T00:00:00' },
  ],
  Date: [word, number, object, nul, long, { name: 'February 30', value: '2026-02-30' }],
  JSON: [
    { name: 'JSON of 65 levels', value: nested(65, '[', ']') },
    { name: 'JSON of thousands of levels', value: nested(50_000, '[', ']') },
    { name: 'objects of thousands of levels', value: nested(50_000, '{"a":[', ']}') },
    { name: 'NUL in a text of JSON', value: { a: ['b\u0000'] } },
    { name: 'NUL in a key of JSON', value: { 'a\u0000': 1 } },
    { name: 'half of a surrogate pair in JSON', value: { a: ['\ude00'] } },
    { name: 'a number without end in JSON', value: { a: infinite } },
    { name: 'a megabyte of JSON', value: { a: megabyte } },
  ],
};

/** Values that cannot stand at a spot, whatever the rest of the arguments. */
export function badValuesFor(spot: Spot): BadValue[] {
  const type = getNullableType(spot.type) as GraphQLInputType;
  const bad: BadValue[] = isNonNullType(spot.type) ? [{ name: 'null', value: null }] : [];
  if (isNonNullType(spot.type) && /^\w+$/.test(spot.path)) bad.push({ name: 'left out', value: undefined });
  if (isListType(type)) return [...bad, object];
  if (isInputObjectType(type)) {
    bad.push(word, number, list, {
      name: 'a field too many',
      value: { ...(spot.good as object), nonsense: 1 },
    });
    for (const field of Object.values(type.getFields()).filter(isRequiredInputField)) {
      const { [field.name]: _left, ...rest } = (spot.good ?? {}) as Record<string, unknown>;
      bad.push({ name: `no ${field.name}`, value: rest });
    }
    return bad;
  }
  if (isEnumType(type)) {
    const lower = { name: 'a value in small letters', value: type.getValues()[0]?.name.toLowerCase() };
    return [
      ...bad,
      { name: 'a value that is none', value: 'NONSENSE' },
      lower,
      number,
      boolean,
      object,
      long,
    ];
  }
  const known = byScalar[type.name];
  if (!known) throw new Error(`Say in bad-values.ts which values of the scalar ${type.name} are bad.`);
  return [...bad, ...known];
}
