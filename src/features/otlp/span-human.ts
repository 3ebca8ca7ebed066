import { InterventionKind } from '../tasks/index.js';
import type { Attributes, MappedHuman } from './otlp-span.js';
import { jsonOf, textOf } from './span-reader.js';
import { cutText, fitJson, jsonOfValue } from './storable-json.js';

/** What a reason says at most; the whole stands in the answer. */
const longestReason = 1000;
const mostAnnotations = 100;

const kinds: ReadonlySet<string> = new Set(Object.values(InterventionKind));
const judgedBy = /^(.*\b(annotation|evaluation))\.annotator_kind$/;

/**
 * What a human did, told by a span: `binnacle.human.kind`, `.reason` and `.answer`, or annotations and evaluations whose
 * annotator is HUMAN (OpenInference, alone or in a list, of the span, its trace or its session).
 */
export function humanOf(attributes: Attributes): MappedHuman | null {
  let annotations: string[] | undefined;
  let isOwn = false;
  for (const [key, value] of attributes) {
    if (key.startsWith('binnacle.human.')) isOwn = true;
    else if (value === 'HUMAN' && key.endsWith('.annotator_kind')) {
      const prefix = judgedBy.exec(key)?.[1];
      if (prefix !== undefined) (annotations ??= []).push(prefix);
    }
  }
  if (isOwn) return ownHuman(attributes);
  return annotations === undefined ? null : annotationBy(attributes, annotations.slice(0, mostAnnotations));
}

function ownHuman(attributes: Attributes): MappedHuman {
  const kind = textOf(attributes.get('binnacle.human.kind'), longestReason)?.toUpperCase() ?? '';
  const answer = attributes.get('binnacle.human.answer');
  return {
    kind: kinds.has(kind) ? (kind as InterventionKind) : InterventionKind.CORRECTION,
    reason: textOf(attributes.get('binnacle.human.reason'), longestReason) ?? 'A human stepped in.',
    answer: answer == null ? null : fitJson(jsonOf(answer)),
  };
}

const fields = ['name', 'label', 'score', 'explanation', 'identifier', 'metadata'];

function annotationBy(attributes: Attributes, prefixes: readonly string[]): MappedHuman {
  const annotations = prefixes.map((prefix) => {
    const told = fields.flatMap((field) => {
      const value = attributes.get(`${prefix}.${field}`);
      if (value == null) return [];
      return [`"${field}":${field === 'metadata' ? jsonOf(value) : jsonOfValue(value)}`];
    });
    return `{${told.join(',')}}`;
  });
  const [first = ''] = prefixes;
  const told = (field: string) => textOf(attributes.get(`${first}.${field}`), longestReason);
  const verdict = [told('name'), told('label') ?? told('score')].filter((part) => part !== null).join(': ');
  const reason = [verdict, told('explanation')].filter((part) => part).join('. ');
  return {
    kind: InterventionKind.CORRECTION,
    reason: cutText(reason || 'A human judged this.', longestReason),
    answer: fitJson(annotations.length === 1 ? (annotations[0] ?? '{}') : `[${annotations.join(',')}]`),
  };
}
